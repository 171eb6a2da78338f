// Codecs and channels, as people write them.
import { t } from './words.js';

const codecs = { h264: 'H.264', avc: 'H.264', hevc: 'HEVC', h265: 'HEVC', av1: 'AV1', vp9: 'VP9', aac: 'AAC', mp3: 'MP3',
    opus: 'Opus', flac: 'FLAC', ac3: 'AC-3' };

/// "H.264 High".
export function codecWords({ codec, profile }) {
    const name = codecs[codec?.toLowerCase()] ?? codec;
    return profile ? `${name} ${profile}` : name;
}

/// null where it is not known.
export function channelWords(channels) {
    if (!channels) return null;
    if (channels > 2) return t('channels', { n: channels });
    return t(channels === 1 ? 'mono' : 'stereo');
}
