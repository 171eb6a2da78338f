// The connection by which the server tells of changes: opened, watched, and opened again.

/// Silence after which a new connection asks whether the server is still there: it sends a comment
/// every 10 s, which a page does not see, and all documents to whoever comes.
const silence_ms = 25000;
/// How long a new connection may stay without an event.
const first_event_ms = 6000;
/// So long, what is shown is not called old: a server that restarts is back by then.
const patience_ms = 1500;
const retry_ms = 1000;
const kinds = ['status', 'ingest', 'thumbnail', 'configuration', 'problem'];

/// `handlers`: one for each kind of event, which gets its document; and `link`, which gets
/// "connecting", "open" or "lost".
export class Events {
    constructor(handlers) {
        this.handlers = handlers;
        this.link = 'connecting';
        this.lastHeard = 0;
        this.troubleSince = null;
    }

    open() {
        this.#connect();
        setInterval(() => this.#watch(), 500);
        addEventListener('online', () => this.#connect());
        addEventListener('pagehide', () => this.source?.close());
        addEventListener('pageshow', (event) => { if (event.persisted) this.#connect(); });
    }

    #connect() {
        this.source?.close();
        this.openedAt = Date.now();
        this.hasEvent = false;
        this.retryAt = null;
        const source = new EventSource('/api/v1/events');
        this.source = source;
        for (const kind of kinds) {
            source.addEventListener(kind, (event) => {
                if (source === this.source) this.#hear(kind, event.data);
            });
        }
        source.addEventListener('error', () => { if (source === this.source) this.#fail(); });
    }

    #hear(kind, text) {
        this.lastHeard = Date.now();
        this.hasEvent = true;
        this.troubleSince = null;
        this.#become('open');
        this.handlers[kind](JSON.parse(text));
    }

    #fail() {
        this.source.close();
        this.troubleSince ??= Date.now();
        this.retryAt = Date.now() + retry_ms;
    }

    #watch() {
        const now = Date.now();
        if (this.retryAt !== null) {
            if (now >= this.retryAt) this.#connect();
        } else if (!this.hasEvent) {
            if (now - this.openedAt > first_event_ms) this.#fail();
        } else if (now - this.lastHeard > silence_ms) {
            this.#connect();
        }
        const isLate = this.troubleSince !== null && now - this.troubleSince > patience_ms;
        if (isLate) this.#become('lost');
    }

    #become(link) {
        if (this.link === link) return;
        this.link = link;
        this.handlers.link(link);
    }
}
