// French for the reasons' codes, see reasons.js; a test compares. `isSpecific`: the server's words tell more than the code, and stand
// behind it.
export default {
    stopped: {
        message: 'Arrêtée',
        remedy: '',
    },
    ingest_gone: {
        message: 'L’ingest s’est arrêté',
        remedy: 'Relancez le stream dans OBS.',
    },
    tracks_changed: {
        message: 'L’ingest est revenu avec d’autres réglages',
        remedy: 'Ne changez ni les codecs ni les réglages de l’encodeur pendant le direct.',
    },
    standby: {
        message: 'Attend que le serveur principal défaille',
        remedy: '',
    },
    ingest_down: {
        message: 'Rien ne répond à l’adresse de l’ingest',
        remedy: 'Démarrez le serveur d’ingest, ou vérifiez [ingest] url dans restream.toml.',
    },
    ingest_refused: {
        message: 'Le serveur d’ingest refuse les lecteurs',
        remedy: 'Autorisez les lecteurs de cette machine, et vérifiez [ingest] url dans restream.toml.',
    },
    no_publisher: {
        message: 'Personne n’émet vers l’ingest',
        remedy: 'Lancez le stream dans OBS.',
    },
    waiting_for_keyframe: {
        message: 'L’ingest n’a pas encore envoyé d’image clé',
        remedy: 'Réglez l’intervalle d’images clés de l’encodeur sur 2 s.',
    },
    waiting_for_picture: {
        message: 'L’ingest n’a envoyé que du son jusqu’ici ; le relais attend un instant une image',
        remedy: '',
    },
    waiting_for_sound: {
        message: 'L’ingest n’a envoyé qu’une image jusqu’ici ; le relais attend un instant du son',
        remedy: '',
    },
    ingest_silent: {
        message: 'L’ingest est muet',
        remedy: 'Regardez l’encodeur : il est figé, ou son réseau est coupé.',
    },
    name_not_found: {
        message: 'Le nom du serveur est introuvable',
        remedy: 'Vérifiez l’hôte de l’URL et le DNS de cette machine.',
    },
    connection_refused: {
        message: 'Le serveur a refusé la connexion',
        remedy: 'Vérifiez l’hôte et le port de l’URL.',
    },
    unreachable: {
        message: 'Le serveur est injoignable',
        remedy: 'Vérifiez le réseau de cette machine.',
    },
    connect_timed_out: {
        message: 'Le serveur n’a pas répondu à temps',
        remedy: 'Vérifiez l’hôte et le port de l’URL, et les pare-feu entre les deux.',
    },
    tls_wrong_host: {
        message: 'Le certificat du serveur est celui d’un autre hôte',
        remedy: 'Vérifiez l’hôte de l’URL : ce doit être le nom que donne la plateforme.',
    },
    tls_expired: {
        message: 'Le certificat du serveur n’est pas valable en ce moment',
        remedy: 'Vérifiez l’heure de cette machine ; si elle est juste, l’exploitant du serveur doit renouveler le certificat.',
    },
    tls_untrusted: {
        message: 'Le certificat du serveur ne vient pas d’une autorité reconnue par cette machine',
        remedy: 'Installez le paquet ca-certificates ; une autorité privée va dans ca_file.',
    },
    tls_failed: {
        message: 'La connexion TLS n’a pas pu être établie',
        remedy: 'Vérifiez le port de l’URL, et s’il y faut rtmps:// ou rtmp://.',
    },
    handshake_timed_out: {
        message: 'Le serveur a pris la connexion et n’a jamais répondu en RTMP',
        remedy: 'Vérifiez l’hôte et le port de l’URL, et s’il y faut rtmps:// ou rtmp://.',
    },
    not_rtmp: {
        message: 'Le serveur ne parle pas RTMP',
        remedy: 'Vérifiez l’hôte et le port de l’URL, et s’il y faut rtmps:// ou rtmp://.',
    },
    app_refused: {
        message: 'Le serveur a refusé l’application de l’URL',
        remedy: 'Vérifiez le chemin de l’URL.',
    },
    publish_refused: {
        message: 'Le serveur a refusé la clé de stream',
        remedy: 'Copiez une nouvelle clé de la plateforme, et remplacez-la ici.',
    },
    already_published: {
        message: 'Le serveur dit que cette clé de stream est déjà utilisée',
        remedy: 'Cherchez un autre encodeur, une autre machine ou une autre destination qui émet avec la même clé, et arrêtez-le ; si c’était la session précédente de ce relais, le serveur la lâchera de lui-même.',
    },
    login_needed: {
        message: 'Le serveur demande un utilisateur et un mot de passe',
        remedy: 'Mettez-les dans l’URL : rtmp://UTILISATEUR:MOT-DE-PASSE@HÔTE/APP, avec %40 pour « @ », %3A pour « : » et %2F pour « / ».',
    },
    login_refused: {
        message: 'Le serveur a refusé l’utilisateur et le mot de passe',
        remedy: 'Corrigez l’utilisateur et le mot de passe dans l’URL, puis réactivez la destination.',
    },
    redirect_refused: {
        message: 'Le serveur nous envoie à un autre endroit, où la clé de stream n’est pas envoyée',
        remedy: 'Si vous faites confiance à cet endroit, mettez son URL dans la configuration, avec la clé.',
    },
    passphrase_refused: {
        message: 'Le serveur a refusé la phrase de passe SRT',
        remedy: 'Donnez à la destination la phrase de passe du serveur, puis réessayez.',
    },
    srt_refused: {
        message: 'Le serveur SRT a refusé la connexion',
        remedy: 'Vérifiez l’identifiant de flux et les options de l’URL avec l’opérateur du serveur.',
    },
    closed_early: {
        message: 'Le serveur a accepté la session et l’a fermée un instant après, comme il fait avec une mauvaise clé de stream',
        remedy: 'Copiez une nouvelle clé de la plateforme, et remplacez-la ici.',
    },
    session_held: {
        message: 'Le serveur tient encore la session précédente, qui a fini sans congé',
        remedy: 'Attendez : un nouvel essai est fait jusqu’à ce qu’il la lâche.',
    },
    closed: {
        message: 'Le serveur a fermé la session',
        remedy: '',
    },
    reset: {
        message: 'La connexion s’est rompue',
        remedy: 'Vérifiez le réseau de cette machine.',
    },
    stalled: {
        message: 'Le serveur ne prend plus rien',
        remedy: 'Vérifiez le débit montant ; baissez le débit de l’encodeur.',
    },
    too_slow: {
        message: 'Même le son ne passe pas par la connexion',
        remedy: 'Vérifiez le débit montant ; baissez le débit de l’encodeur.',
    },
    not_supported: {
        message: 'Cette destination ne peut pas prendre ce que l’ingest transporte',
        remedy: 'Émettez en H.264 et AAC.',
    },
    disk_full: {
        message: 'Le disque est plein',
        remedy: 'Libérez de la place, puis essayez encore.',
    },
    file_failed: {
        message: 'Le fichier ne peut pas être écrit',
        remedy: 'Vérifiez le dossier et ses droits.',
    },
    failed: {
        message: 'La session a échoué',
        remedy: 'Son journal en dit plus.',
    },
    config_invalid: {
        message: 'La configuration n’est pas valable',
        remedy: 'Corrigez-la, puis essayez encore.',
    },
    key_unavailable: {
        message: 'La clé de stream ne peut pas être lue',
        remedy: 'Remplacez la clé ici.',
    },
    passphrase_unavailable: {
        message: 'La phrase de passe SRT ou l’identifiant de flux ne peut pas être lu',
        remedy: 'Corrigez passphrase ou streamid de la destination, puis réessayez.',
    },
    worker_crashed: {
        message: 'Le processus du relais s’est écrasé',
        remedy: 'Il est relancé ; son journal en dit plus.',
    },
    no_record: {
        message: 'Le relais vit, mais son état ne peut pas être lu',
        remedy: 'Vérifiez la place et les droits du dossier d’état ; voyez le diagnostic.',
    },
    not_started: {
        message: 'Le relais n’a pas pu être démarré',
        remedy: '',
        isSpecific: true,
    },
    not_stopped: {
        message: 'La destination n’a pas pu être arrêtée',
        remedy: '',
        isSpecific: true,
    },
    not_running: {
        message: 'Activée, mais son relais ne tourne pas',
        remedy: 'Démarrez-la.',
    },
    not_started_yet: {
        message: 'Activée, pas encore démarrée',
        remedy: 'Démarrez-la.',
    },
};
