// Stands between browser and dashboard, and can be cut like a cable. It asks in the dashboard's own name,
// since the dashboard answers to no other.
import { createServer, request } from 'node:http';

export class LossyProxy {
    constructor(target) {
        this.target = new URL(target);
        this.isCut = false;
        this.sockets = new Set();
        this.server = createServer((from, to) => this.#pass(from, to));
        this.server.on('connection', (socket) => {
            if (this.isCut) socket.destroy();
            this.sockets.add(socket);
            socket.on('close', () => this.sockets.delete(socket));
        });
    }

    async listen() {
        await new Promise((resolve) => { this.server.listen(0, '127.0.0.1', resolve); });
        this.url = `http://127.0.0.1:${this.server.address().port}`;
        return this.url;
    }

    cut() {
        this.isCut = true;
        for (const socket of this.sockets) socket.destroy();
    }

    mend() { this.isCut = false; }

    close() {
        this.cut();
        this.server.close();
    }

    #pass(from, to) {
        const headers = { ...from.headers, host: this.target.host };
        if (headers.origin !== undefined) headers.origin = this.target.origin;
        const forward = request({ host: this.target.hostname, port: this.target.port, method: from.method, path: from.url, headers },
            (answer) => {
                to.writeHead(answer.statusCode, answer.headers);
                answer.pipe(to);
            });
        forward.on('error', () => to.destroy());
        to.on('close', () => forward.destroy());
        from.pipe(forward);
    }
}
