// French for the platforms' notes in share/services.toml, by their English: one that was changed there is shown in English until
// it is here, too, and a test compares. --url is a command's option; the page's field is "URL".
export default {
    'unencrypted, where TLS is blocked: --url rtmp://live.twitch.tv/app': 'sans chiffrement, là où TLS est bloqué : mettez l’URL rtmp://live.twitch.tv/app',
    'RTMPS only; needs audio; no change of picture size while live; ends after 8 h': 'RTMPS seulement ; il faut du son ; pas de changement de taille d’image en direct ; s’arrête après 8 h',
    'the host can differ per account: where the dashboard shows another, give it with --url': 'le serveur peut dépendre du compte : si votre tableau de bord en montre un autre, mettez-le dans URL',
    'US East; other regions have hosts of their own: --url': 'est des États-Unis ; les autres régions ont leurs propres serveurs, à mettre dans URL',
    'upright picture, 9:16': 'image verticale, 9:16',
    'URL and key are shown per broadcast': 'l’URL et la clé sont données pour chaque direct',
    'URL and key are shown per event': 'l’URL et la clé sont données pour chaque événement',
    'URL and key are shown per account': 'l’URL et la clé sont données pour chaque compte',
    'the host can differ per channel: where Telegram shows another, give it with --url': 'le serveur peut dépendre du canal : si Telegram en montre un autre, mettez-le dans URL',
    'no B-frames': 'sans images B',
    'H.264 main profile': 'H.264, profil Main',
};
