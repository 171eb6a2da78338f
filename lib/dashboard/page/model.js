// What the page knows: the newest documents of the server, as they came.

/// One of each; null until it has come. `configured`, of /destinations, and `services` by name and id.
export const model = { status: null, ingest: null, obs: null, configured: new Map(), services: [] };

function momentOfRetry({ next_retry_in_s: left }) {
    return left === null ? null : Date.now() + left * 1000;
}

/// Keeps the document of a status event; the time of a next try becomes a moment.
export function receiveStatus(document) {
    for (const each of document.destinations) {
        each.retryAt = momentOfRetry(each);
        if (each.backup) each.backup.retryAt = momentOfRetry(each.backup);
    }
    model.status = document;
}

export function receiveIngest(document) {
    model.ingest = document.ingest;
    model.obs = document.obs ?? document.ingest.obs ?? null;
}

export const all = () => model.status?.destinations ?? [];
export const find = (name) => all().find((each) => each.name === name) ?? null;

const carries = (relay) => relay?.state === 'live' || relay?.state === 'holding';

/// Those whose viewers would be cut off; a backup server has viewers, too.
export const liveNames = () => all().filter((each) => carries(each) || carries(each.backup)).map((each) => each.name);

export const serviceOf = (id) => model.services.find((each) => each.id === id) ?? null;

/// "YouTube", or the id where the presets do not name it; "" for a URL of the user's own.
export const serviceName = (id) => serviceOf(id)?.name ?? id;
