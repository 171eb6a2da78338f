// What a destination's status means to people: one kind, its words, its tone and its shape.
import { describeReason } from './reasons.js';
import { duration, roughDuration, secondsSince } from './times.js';
import { t } from './words.js';

/// `tone` is the colour, `icon` the shape. `isRunning`: there is a relay.
const kinds = {
    off: { tone: 'quiet', icon: 'off' },
    stopped: { tone: 'quiet', icon: 'stopped' },
    not_running: { tone: 'bad', icon: 'trouble' },
    starting: { tone: 'busy', icon: 'busy' },
    ending: { tone: 'busy', icon: 'busy' },
    waiting: { tone: 'wait', icon: 'waiting' },
    connecting: { tone: 'busy', icon: 'busy' },
    settling: { tone: 'live', icon: 'settling' },
    live: { tone: 'live', icon: 'live' },
    holding: { tone: 'wait', icon: 'holding' },
    backoff: { tone: 'warn', icon: 'retrying' },
    rejected: { tone: 'bad', icon: 'trouble' },
};

/// Its session stands, and nothing comes that it could send.
const isSilent = ({ state, reason }) => state === 'live' && reason?.code === 'ingest_silent';

/// `wish`: what was asked for and has not come yet: true, false, or null.
function kindOf(status, wish) {
    const isStopped = status.state === 'stopped';
    if (wish === false && !isStopped) return 'ending';
    if (wish === true && isStopped) return 'starting';
    if (isStopped) {
        if (!status.wanted) return 'off';
        return status.down ? 'stopped' : 'not_running';
    }
    if (isSilent(status)) return 'holding';
    if (status.state === 'live') return status.confirmed ? 'live' : 'settling';
    return status.state in kinds ? status.state : 'waiting';
}

function noteOf(kind, status, secondsLeft) {
    if (kind === 'stopped') return t('note_stopped');
    if (!status.wanted && !['off', 'starting', 'ending'].includes(kind)) return t('note_unwanted');
    if (kind === 'settling') return t('note_settling');
    if (kind === 'holding') return t('note_holding');
    if (kind !== 'rejected') return '';
    return secondsLeft === null ? t('note_rejected_waits') :
        t('note_rejected_retries', { time: roughDuration(secondsLeft) });
}

function wordOf(kind, secondsLeft) {
    if (kind !== 'backoff' || secondsLeft === null) return t(`state_${kind}`);
    if (secondsLeft <= 0) return t('state_backoff_now');
    return t('state_backoff_in', { time: roughDuration(secondsLeft) });
}

/// How long it has been so; "" where that says nothing.
function elapsedOf(kind, status) {
    if (['off', 'backoff', 'starting', 'ending'].includes(kind)) return '';
    const isLive = kind === 'live' || kind === 'settling';
    const seconds = secondsSince(isLive ? status.session?.started ?? status.since : status.since);
    return seconds === null ? '' : duration(seconds);
}

/// {kind, tone, icon, word, elapsed, note, reason}; `reason` is {message, remedy, lang} or null.
export function describe(status, wish) {
    const kind = kindOf(status, wish);
    const secondsLeft = status.retryAt === null ? null : Math.max(0, (status.retryAt - Date.now()) / 1000);
    const hasReason = status.reason !== null && status.reason.code !== 'stopped' &&
        !['off', 'stopped', 'starting', 'ending', 'live', 'settling'].includes(kind);
    return { kind, ...kinds[kind], word: wordOf(kind, secondsLeft), elapsed: elapsedOf(kind, status),
        note: noteOf(kind, status, secondsLeft),
        reason: hasReason ? describeReason(status.reason) : null };
}

/// The same for the relay to a destination's backup server, which has no wish of its own; null where
/// there is none.
export function describeBackup({ backup, wanted }) {
    if (!backup) return null;
    if (backup.state === 'waiting' && backup.reason?.code === 'standby') {
        return { tone: 'quiet', icon: 'waiting', word: t('backup_standby'), elapsed: '', reason: null };
    }
    return backup.state === 'stopped' ? null : describe({ ...backup, wanted, down: false }, null);
}

/// What the summary counts a destination as: live, busy, waiting, trouble, stopped or off.
export function groupOf({ kind, tone }) {
    if (tone === 'live' || kind === 'stopped') return tone === 'live' ? 'live' : kind;
    if (kind === 'waiting' || kind === 'holding') return 'waiting';
    if (tone === 'busy') return 'busy';
    return tone === 'warn' || tone === 'bad' ? 'trouble' : 'off';
}
