// Picture and sound, as people write them.
import { number, t } from './words.js';

const codecs = { h264: 'H.264', avc: 'H.264', hevc: 'HEVC', h265: 'HEVC', av1: 'AV1', vp9: 'VP9', aac: 'AAC', mp3: 'MP3',
    opus: 'Opus', flac: 'FLAC', ac3: 'AC-3' };

/// "H.264 High".
function codecWords({ codec, profile }) {
    const name = codecs[codec?.toLowerCase()] ?? codec;
    return profile ? `${name} ${profile}` : name;
}

/// null where it is not known.
function channelWords(channels) {
    if (!channels) return null;
    if (channels > 2) return t('channels', { n: channels });
    return t(channels === 1 ? 'mono' : 'stereo');
}

/// "1920 × 1080, 30 fps, H.264 High, …": what is known.
export function videoWords(video) {
    const fps = video.fps ?? video.frame_rate ?? null;
    return [video.width && video.height ? `${video.width} × ${video.height}` : null,
        fps === null ? null : t('fps', { n: number(fps, 2) }), codecWords(video),
        video.bitrate_kbps ? t('kbps', { n: number(video.bitrate_kbps) }) : null,
        video.keyframe_interval_s ? t('video_keyframes', { n: number(video.keyframe_interval_s, 1) }) : null]
        .filter((each) => each !== null).join(', ');
}

export function audioWords(audio) {
    return [codecWords(audio), audio.sample_rate_hz ? `${number(audio.sample_rate_hz / 1000, 1)}\u00a0kHz` : null,
        channelWords(audio.channels), audio.bitrate_kbps ? t('kbps', { n: number(audio.bitrate_kbps) }) : null]
        .filter((each) => each !== null).join(', ');
}
