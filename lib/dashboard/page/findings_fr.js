// French for the codes of doctor's findings and of the ingest's trouble. The codes, and the English with the same
// gaps, stand in lib/doctor/finding_table.hpp and lib/ingest/publication_words.hpp; a test compares. A gap is a value's
// name in braces; `{count:un|plusieurs}` is the first form where that value is singular, else the second. The spaces are as in
// words_fr.js.
export default {
    config_valid: {
        message: 'La configuration est valable : {count} {count:destination|destinations}',
    },
    config_invalid: {
        message: 'La configuration est défectueuse : {problem}',
        remedy: 'Rien ne démarre tant que ce n’est pas corrigé.',
    },
    config_empty: {
        message: 'Aucune destination n’est configurée',
        remedy: 'Ajoutez une destination sur cette page.',
    },
    folder_open_to_others: {
        message: 'D’autres utilisateurs peuvent écrire dans {path}',
        cause: 'Qui peut y écrire peut faire exécuter une commande à restream : rien ne démarre.',
        remedy: 'chmod go-w \'{path}\'',
    },
    config_open_to_others: {
        message: 'D’autres utilisateurs peuvent écrire dans {path}',
        cause: 'Qui peut y écrire peut faire exécuter une commande à restream : rien ne démarre.',
        remedy: 'Vérifiez ce qu’il contient, puis : chmod go-w \'{path}\'',
    },
    config_of_other_user: {
        message: '{path} appartient à {owner}',
        cause: 'Son propriétaire peut faire exécuter une commande à restream : rien ne démarre.',
        remedy: 'Lancez restream sous le compte {owner}, faites-vous-en propriétaire avec chown, ou choisissez un autre dossier avec RESTREAM_CONFIG_DIR.',
    },
    secret_open_to_others: {
        message: 'D’autres utilisateurs peuvent lire le secret dans {path}',
        remedy: 'chmod go-rwx \'{path}\'',
    },
    key_missing: {
        message: '{destination} : il lui manque la clé de stream, dont {service} a besoin. Donnez-la avec « Modifier ».',
    },
    key_file_unreadable: {
        message: '{destination} : le fichier de la clé de stream, {path}, ne peut pas être lu : {problem}. Donnez la clé à nouveau avec « Modifier ».',
    },
    key_variable_unset: {
        message: '{destination} : la variable {variable}, qui porte la clé de stream, n’est pas définie ici. Définissez-la, ou donnez la clé avec « Modifier ».',
    },
    key_unusable: {
        message: '{destination} : sa clé de stream est inutilisable : {problem}',
    },
    same_server_and_key: {
        message: '{relay} et {other} envoient au même serveur avec la même clé de stream',
        cause: 'Un serveur n’accepte qu’un émetteur par clé : il refuse l’autre, ou les deux s’interrompent.',
        remedy: 'Donnez à chacune sa propre clé avec « Modifier », ou retirez-en une.',
    },
    publish_key_unusable: {
        message: '[ingest] publish_key est inutilisable : {problem}',
    },
    hook_program_missing: {
        message: '{destinations} : on_state lance « {program} », qui n’est pas un programme ici ; il est lancé depuis {path}',
        cause: 'Personne n’est prévenu des changements d’état.',
    },
    hook_url_unusable: {
        message: '{destinations} : l’URL de on_state est inutilisable : {problem}',
        cause: 'Personne n’est prévenu des changements d’état.',
    },

    state_absent: {
        message: '{path} n’existe pas encore',
    },
    state_writable: {
        message: 'On peut écrire dans {path}',
    },
    state_unwritable: {
        message: 'On ne peut pas écrire dans {path}',
        cause: '{problem}',
        remedy: 'Aucune destination ne peut démarrer d’ici là ; celles qui sont en direct continuent.',
    },
    state_denied: {
        message: 'On ne peut pas utiliser {path} : accès refusé',
        cause: 'Ses permissions excluent son propriétaire.',
        remedy: 'chmod u+rwx \'{path}\'',
    },
    state_of_other_user: {
        message: 'On ne peut pas utiliser {path} : il appartient à {owner}',
        cause: 'restream a tourné une fois sous le compte {owner}, avec sudo peut-être, ou {owner} l’a créé avant.',
        remedy: 'Faites-vous en propriétaire avec chown, ou choisissez un autre dossier avec RESTREAM_STATE_DIR.',
    },
    state_open_to_others: {
        message: 'D’autres utilisateurs peuvent écrire dans {path}',
        cause: 'Qui peut y écrire peut y placer ses propres souhaits, états et jetons : aucune commande ne l’utilise.',
        remedy: 'chmod go-w \'{path}\'',
    },
    state_not_a_folder: {
        message: '{path} doit être un dossier, et c’est un fichier',
        remedy: 'mv \'{path}\' \'{path}.old\'',
    },
    state_link_broken: {
        message: '{path} est un lien vers {target}, qui n’existe pas',
        remedy: 'Créez ce qu’il désigne, ou supprimez le lien : rm \'{path}\'',
    },
    state_link_loop: {
        message: '{path} est un lien qui revient à lui-même',
        remedy: 'rm \'{path}\'',
    },
    state_read_only: {
        message: '{path} est sur un système de fichiers en lecture seule',
        remedy: 'Montez-le en écriture, ou choisissez un autre dossier avec RESTREAM_STATE_DIR ; les destinations en direct continuent.',
    },
    state_full: {
        message: 'Le disque de {path} est plein',
        remedy: 'Libérez-y de la place : les destinations en direct continuent, et leur état revient de lui-même.',
    },
    state_space_low: {
        message: 'Il ne reste que {megabytes} Mo pour {path}',
        remedy: 'Libérez de la place : sans elle, les relais ne peuvent plus dire comment ils vont.',
    },
    files_left_over: {
        message: '{count} {count:fichier temporaire est resté|fichiers temporaires sont restés}',
        cause: 'Les programmes qui écrivaient ont été tués.',
        remedy: 'Lancez « restream doctor --fix ».',
    },

    relay_runs: {
        message: '{relay} : {state}',
    },
    relay_not_wanted: {
        message: '{relay} : {state}, et pourtant désactivée',
        cause: 'Quelqu’un l’a démarrée à la main, ou le dossier d’état a été effacé : si elle s’arrête, rien ne la relance.',
        remedy: 'Activez {destination} pour qu’elle reste.',
    },
    relay_backoff: {
        message: '{relay} : nouvel essai en attente',
        cause: '{message}',
        remedy: '{remedy}',
    },
    relay_rejected: {
        message: '{relay} : refusée',
        cause: '{message}',
        remedy: '{remedy}',
    },
    relay_falls_behind: {
        message: '{relay} : en direct, mais prend du retard',
        cause: 'L’image attend {waiting_s} s avant de partir ; messages perdus depuis le début de la session : {dropped}.',
        remedy: 'Lancez « restream explain » : il dit si cela vient de votre débit montant ou de la plateforme.',
    },
    relay_without_record: {
        message: '{relay} : elle tourne, mais ne dit rien de son état',
        cause: 'Son processus gardien a été tué et elle prend congé, ou le disque est plein.',
        remedy: 'Attendez un moment et relancez le diagnostic ; si cela persiste, relancez {destination}, ce qui l’interrompt.',
    },
    relay_record_unwritten: {
        message: '{relay} : elle tourne, mais ne peut pas écrire son état',
        cause: 'On ne peut pas écrire dans le dossier d’état.',
        remedy: 'Voyez ce qui est dit du dossier d’état : son état revient de lui-même, un redémarrage l’interromprait.',
    },
    relay_never_started: {
        message: '{relay} : activée, mais elle ne tourne pas',
        cause: 'Elle n’a jamais été démarrée.',
        remedy: 'Utilisez « Tout démarrer ».',
    },
    relay_ended_by_boot: {
        message: '{relay} : activée, mais elle ne tourne pas',
        cause: 'La machine a redémarré.',
        remedy: 'Utilisez « Tout démarrer ».',
    },
    relay_was_stopped: {
        message: '{relay} : activée, mais elle ne tourne pas',
        cause: 'Elle a été arrêtée.',
        remedy: 'Utilisez « Tout démarrer ».',
    },
    relay_was_killed: {
        message: '{relay} : activée, mais elle ne tourne pas',
        cause: 'Ses processus ont été tués.',
        remedy: 'Utilisez « Tout démarrer ».',
    },
    record_left_by_boot: {
        message: '{relay} : un ancien état est resté dans ses fichiers',
        cause: 'La machine a redémarré.',
        remedy: 'Lancez « restream doctor --fix ».',
    },
    record_left_by_kill: {
        message: '{relay} : un ancien état est resté dans ses fichiers',
        cause: 'Ses processus ont été tués.',
        remedy: 'Lancez « restream doctor --fix ».',
    },
    relay_not_configured: {
        message: '{relay} : elle tourne, mais n’est plus configurée',
        remedy: 'Lancez « restream stop {destination} », ce qui l’arrête.',
    },
    backup_not_configured: {
        message: '{relay} : elle tourne, mais n’est plus configurée',
        remedy: 'Lancez « restream start {destination} » : cela arrête ce serveur de secours, et rien d’autre.',
    },
    wish_not_configured: {
        message: '{destination} : activée, mais pas configurée',
        remedy: 'Lancez « restream disable {destination} », ou ajoutez-la de nouveau.',
    },

    nginx_missing: {
        message: 'nginx est introuvable',
        remedy: 'Installez les paquets nginx-light et libnginx-mod-rtmp.',
    },
    nginx_module_missing: {
        message: 'Le module RTMP de nginx est introuvable',
        remedy: 'Installez le paquet libnginx-mod-rtmp.',
    },
    ingest_down: {
        message: 'Le serveur d’ingest est arrêté',
        remedy: 'Démarrez le serveur d’ingest.',
    },
    ingest_port_taken: {
        message: 'Le serveur d’ingest est arrêté : {holder} occupe {place}',
        remedy: 'Arrêtez ce programme, puis démarrez le serveur d’ingest ; ou donnez un autre port à listen et url, section [ingest] de restream.toml ; ou mettez-y server = "external" pour utiliser le serveur de ce programme.',
    },
    ingest_server_differs: {
        message: 'Pour l’instant, {running} tourne, mais restream.toml demande {configured}',
        cause: 'La configuration a changé pendant qu’il tournait.',
        remedy: 'Redémarrez le serveur d’ingest, ce qui interrompt toutes les destinations en direct.',
    },
    ingest_problem: {
        message: 'Le serveur d’ingest a un problème : {problem}',
        remedy: 'Corrigez cela, puis redémarrez le serveur d’ingest, ce qui interrompt toutes les destinations en direct.',
    },
    nginx_crashed: {
        message: 'nginx a planté {count} fois depuis son démarrage',
        remedy: 'Voyez {path}',
    },
    embedded_server_crashed: {
        message: 'Le serveur de restream a planté {count} fois depuis son démarrage',
        remedy: 'Merci de le signaler, en disant ce qui s’est passé avant.',
    },
    publish_key_short: {
        message: 'publish_key, qu’il faut pour émettre vers {place}, a moins de {characters} caractères',
        cause: 'Une clé courte se devine.',
        remedy: 'Écrivez une clé plus longue, comme en donne « openssl rand -hex 16 », dans restream.toml et dans la clé de stream d’OBS.',
    },
    publishing_open_to_users: {
        message: 'D’autres utilisateurs de cette machine peuvent émettre vers {place} : {users}',
        cause: 'Il n’y a pas de publish_key dans restream.toml.',
        remedy: 'Écrivez une publish_key, comme en donne « openssl rand -hex 16 », dans restream.toml et dans la clé de stream d’OBS.',
    },
    playing_open_to_users: {
        message: 'D’autres utilisateurs de cette machine peuvent lire ce que {place} reçoit : {users}',
        cause: 'Ce système ne dit pas à qui appartient un programme qui lit.',
        remedy: 'Faites charger par root les modules inet_diag et tcp_diag du noyau, puis relancez le serveur d’ingest.',
    },
    ingest_open_by_key: {
        message: 'D’autres machines atteignent {place} ; avec la clé, elles peuvent émettre',
    },
    ingest_open_to_addresses: {
        message: 'D’autres machines atteignent {place} ; {addresses} peuvent émettre',
    },
    ingest_open_by_key_to_addresses: {
        message: 'D’autres machines atteignent {place} ; avec la clé, {addresses} peuvent émettre',
    },
    localhost_taken: {
        message: 'Un programme qui émet vers « localhost » peut atteindre un autre serveur que l’ingest',
        cause: '{problem}',
        remedy: 'Arrêtez cet autre programme, ou écrivez 127.0.0.1 au lieu de localhost dans OBS.',
    },
    ingest_reachable: {
        message: '{place} accepte les connexions',
    },
    ingest_unreachable: {
        message: '{place} est injoignable',
        cause: '{problem}',
        remedy: 'Écrivez dans restream.toml, à [ingest] url, l’adresse où le serveur écoute.',
    },
    external_ingest_unreachable: {
        message: '{place} est injoignable',
        cause: '{problem}',
        remedy: 'Démarrez ce serveur, ou corrigez [ingest] url dans restream.toml.',
    },
    published: {
        message: 'L’image arrive : {tracks}',
    },
    published_without_tracks: {
        message: 'Quelqu’un émet, mais ni image ni son ne sont encore arrivés',
    },
    ingest_silent: {
        message: 'L’ingest est muet : un émetteur est connecté et n’envoie rien',
        cause: 'Son encodeur est figé, ou son réseau est coupé.',
        remedy: 'Regardez l’encodeur : relancez-le s’il est figé, et vérifiez son réseau.',
    },
    ingest_without_picture: {
        message: 'L’ingest est muet : le son arrive, mais pas l’image',
        cause: 'L’image de l’encodeur est figée.',
        remedy: 'Regardez l’encodeur : vérifiez sa caméra et sa scène, relancez-le s’il est figé.',
    },
    not_published: {
        message: 'Personne n’émet',
        remedy: 'Lancez le stream dans OBS.',
    },
    nginx_silent: {
        message: 'Le serveur d’ingest ne dit pas qui émet',
        cause: 'Sa prise de statistiques ne répond pas.',
        remedy: 'Redémarrez le serveur d’ingest, ce qui interrompt toutes les destinations en direct.',
    },
    publications_unreadable: {
        message: 'Le serveur d’ingest ne dit pas qui émet',
        cause: '{path} ne peut pas être lu.',
        remedy: 'Lancez le streaming dans OBS : le serveur l’écrit alors. Si cela ne suffit pas, redémarrez le serveur d’ingest, ce qui interrompt toutes les destinations en direct.',
    },
    publications_unwritten: {
        message: 'Le serveur d’ingest ne peut pas dire qui émet : il ne peut pas écrire {path}',
        cause: 'On ne peut pas écrire dans le dossier d’état.',
        remedy: 'Voyez ce qui est dit du dossier d’état : le fichier revient de lui-même, un redémarrage du serveur interromprait toutes les destinations en direct.',
    },
    published_with_key: {
        message: 'Quelqu’un émet avec une clé de stream, mais les destinations prennent l’image sans clé',
        cause: '[ingest] url dans restream.toml s’arrête à l’application.',
        remedy: 'Videz le champ « Clé de stream » d’OBS, ou ajoutez la clé à [ingest] url.',
    },
    published_with_other_key: {
        message: 'Quelqu’un émet avec une autre clé de stream que celle des destinations',
        cause: 'OBS et [ingest] url dans restream.toml n’ont pas la même clé.',
        remedy: 'Mettez la même des deux côtés.',
    },
    backup_tracks_differ: {
        message: 'L’encodeur de secours n’a pas les mêmes réglages que le principal',
        cause: 'Le principal envoie {primary} ; celui de secours {backup}',
        remedy: 'Donnez les mêmes réglages aux deux : sinon chaque destination se reconnecte quand l’un relaie l’autre.',
    },
    refused_lately: {
        message: '{publisher} a été refusé il y a {ago_s} ({count} fois) : {refusal}',
    },
    cut_off_lately: {
        message: 'Le serveur a coupé {publisher} il y a {ago_s} ({count} fois) : il {cut_off}',
        remedy: '« restream logs --ingest » montre tout ce que le serveur a coupé.',
    },
    external_published: {
        message: 'L’image arrive, d’après les relais',
    },
    external_not_published: {
        message: 'Personne n’émet, d’après les relais',
        remedy: 'Lancez le stream dans OBS.',
    },
    external_not_known: {
        message: 'Qui émet vers un serveur externe, restream ne le sait pas',
        remedy: 'Lancez « restream probe ».',
    },
    publisher_application: {
        message: 'Quelqu’un émet vers {path}, mais les destinations prennent l’image à {played}',
        cause: 'Le champ « Serveur » d’OBS nomme une autre application que [ingest] url.',
        remedy: 'Mettez dans le champ « Serveur » d’OBS : {server}',
    },
    publisher_key_unused: {
        message: 'Quelqu’un émet vers {application} avec une clé de stream, mais les destinations prennent l’image sans clé',
        cause: '[ingest] url dans restream.toml s’arrête à l’application.',
        remedy: 'Videz le champ « Clé de stream » d’OBS, ou ajoutez la clé à [ingest] url.',
    },
    publisher_key_differs: {
        message: 'Quelqu’un émet vers {application} avec une autre clé de stream que celle des destinations',
        cause: 'OBS et [ingest] url dans restream.toml n’ont pas la même clé.',
        remedy: 'Mettez dans le champ « Clé de stream » d’OBS ce qui suit « /{application}/ » dans [ingest] url.',
    },
    publisher_refused_by_key: {
        message: 'Personne n’émet, et quelqu’un a été refusé il y a {ago_s} : {refusal}',
        cause: 'Cela venait de {publisher}',
        remedy: 'La clé de stream d’OBS doit être celle de publish_key dans restream.toml ; voyez « Ce qu’il faut donner à OBS ».',
    },
    publisher_refused_by_address: {
        message: 'Personne n’émet, et quelqu’un a été refusé il y a {ago_s} : {refusal}',
        cause: 'Cela venait de {publisher}',
        remedy: 'Ajoutez son adresse à allow_publish dans restream.toml, puis rechargez le serveur d’ingest, ce qui déconnecte un moment ceux qui émettent.',
    },
    publisher_cut_off: {
        message: 'Personne n’émet, et le serveur a coupé quelqu’un il y a {ago_s} : il {cut_off}',
        cause: 'Cela venait de {publisher}',
        remedy: 'Relancez le stream ; si cela recommence, changez les réglages RTMP du programme. « restream logs --ingest » montre tout ce que le serveur a coupé.',
    },
    publisher_spoke_tls: {
        message: 'Personne n’émet, et quelqu’un a essayé en rtmps:// il y a {ago_s}',
        cause: 'Cela venait de {publisher}, et l’ingest ne prend que rtmp://.',
        remedy: 'Mettez dans le champ « Serveur » du programme : {server}',
    },

    server_reachable: {
        message: '{relay} : {place} accepte les connexions',
    },
    server_unreachable: {
        message: '{relay} : {place} est injoignable',
        cause: '{problem}',
        remedy: 'Vérifiez l’hôte et le port de l’URL, et les pare-feu entre les deux.',
    },
    name_known: {
        message: '{relay} : le nom {host} est connu',
    },
    name_not_found: {
        message: '{relay} : le nom {host} est introuvable',
        cause: '{problem}',
        remedy: 'Vérifiez l’hôte de l’URL et le DNS de cette machine.',
    },
    caller_awaited: {
        message: '{relay} : attend qu’on l’appelle',
    },
    key_in_clear: {
        message: '{relay} : sa clé de stream va à {place} sans chiffrement',
        cause: 'Qui se trouve sur le chemin peut la lire, et publier avec elle.',
        remedy: 'Si ce serveur a une URL rtmps://, donnez-la à {destination}.',
    },
    key_in_clear_needlessly: {
        message: '{relay} : sa clé de stream va à {place} sans chiffrement',
        cause: 'Qui se trouve sur le chemin peut la lire, et publier avec elle.',
        remedy: 'Donnez à {destination} le serveur chiffré de la plateforme : {field} = "{url}"',
    },
    url_invalid: {
        message: '{relay} : son URL n’en est pas une',
    },
    file_folder_writable: {
        message: '{relay} : on peut écrire dans {path}',
    },
    file_folder_unwritable: {
        message: '{relay} : {path} n’est pas un dossier où vous pouvez écrire',
        remedy: 'Changez ses droits, ou corrigez l’URL de la destination.',
    },
    backup_doubles_upload: {
        message: '{destination} : ses deux serveurs reçoivent l’image, au double du débit montant ; avec backup = "failover", le second ne la reçoit que si le premier est en panne',
    },
    file_space_low: {
        message: '{relay} : il ne reste que {megabytes} Mo pour {path}',
        remedy: 'Libérez de la place.',
    },

    dashboard_runs: {
        message: 'Le tableau de bord est à {url}',
    },
    dashboard_without_record: {
        message: 'Le tableau de bord tourne, mais a perdu ses fichiers',
        cause: 'Quelqu’un a effacé des fichiers du dossier d’état.',
        remedy: 'Lancez « restream dashboard --stop », et démarrez-le de nouveau.',
    },
    dashboard_password_unusable: {
        message: 'Le mot de passe du tableau de bord est inutilisable : {problem}',
    },
    dashboard_unencrypted: {
        message: 'D’autres machines atteignent le tableau de bord par {host}, sans TLS',
        cause: 'Qui se trouve sur le chemin lit le mot de passe, et ce qu’il protège.',
        remedy: 'Donnez cert et key sous [dashboard] dans restream.toml, ou faites-le écouter sur 127.0.0.1 et passez par un tunnel SSH.',
    },
    dashboard_certificate_unusable: {
        message: 'Le certificat du tableau de bord est inutilisable : {problem}',
    },
    dashboard_certificate_ends: {
        message: 'Le certificat {path} finit dans {days} {days:jour|jours}',
        remedy: 'Renouvelez-le ; le tableau de bord prend le nouveau fichier de lui-même.',
    },
    dashboard_down: {
        message: 'Le tableau de bord est demandé, mais ne tourne pas',
        remedy: 'Lancez « restream dashboard --background » : il dit pourquoi s’il ne peut pas démarrer.',
    },

    ffmpeg_complete: {
        message: 'FFmpeg {version}',
    },
    ffmpeg_incomplete: {
        message: 'Il manque à FFmpeg {version} : {missing}',
        cause: 'Il a été compilé sans.',
        remedy: 'Installez les bibliothèques FFmpeg du système.',
    },
    ffmpeg_without_srt: {
        message: 'FFmpeg ne parle pas SRT : les destinations srt:// échouent',
        cause: 'Il a été compilé sans libsrt.',
        remedy: 'Installez les bibliothèques FFmpeg du système.',
    },
    presets_new: {
        message: 'Les réglages des plateformes datent du {date}',
    },
    media_contained: {
        message: 'Les processus qui lisent des médias sont confinés : {measures}',
    },
    media_uncontained: {
        message: 'Les processus qui lisent des médias ne sont pas entièrement confinés ici : {missing}',
        cause: 'Ce noyau, ou le conteneur dans lequel ceci tourne, ne le permet pas.',
        remedy: 'Autorisez-y seccomp et no_new_privs.',
    },
    presets_old: {
        message: 'Les réglages des plateformes ont {days} jours',
        cause: 'Les plateformes déplacent leurs serveurs.',
        remedy: 'Comparez « restream services » avec les pages des plateformes ; votre propre URL l’emporte toujours.',
    },
    presets_undated: {
        message: 'Les réglages des plateformes n’ont pas de date',
        remedy: 'Installez restream de nouveau.',
    },
    presets_unreadable: {
        message: 'Les réglages des plateformes ne peuvent pas être lus : {problem}',
        remedy: 'Installez restream de nouveau.',
    },
    relays_end_at_logout: {
        message: 'Tout s’arrêtera quand vous fermerez votre session',
        cause: 'KillUserProcesses est actif, et votre compte ne reste pas après la déconnexion.',
        remedy: 'Lancez « loginctl enable-linger {user} ».',
    },
};
