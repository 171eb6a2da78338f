// French for the codes of the API's errors, see docs/api.md, which a test compares. `{message}` is what the server says, in English:
// it stands where that tells more than the code.
export default {
    bad_request: { message: 'Le tableau de bord n’a pas compris la demande : {message}', remedy: '' },
    tls_missing: { message: 'Ce tableau de bord ne répond que par TLS.', remedy: 'Écrivez https:// au lieu de http:// dans l’adresse.' },
    invalid: { message: 'Ces réglages ne sont pas acceptés : {message}', remedy: 'Rien n’a été changé : corrigez-les et essayez encore.' },
    password: { message: 'Il faut le mot de passe du tableau de bord.', remedy: 'Rechargez la page et donnez-le.' },
    foreign_host: { message: 'Ce tableau de bord ne répond pas sous ce nom.', remedy: 'Ouvrez-le à l’adresse que dit « restream dashboard », ou ajoutez ce nom à [dashboard] hosts.' },
    foreign_origin: { message: 'Une page d’un autre site ne peut pas demander cela.', remedy: '' },
    not_owner: { message: 'Ce tableau de bord n’est que pour l’utilisateur qui l’a lancé.', remedy: 'Ouvrez le lien que lui donne « restream dashboard --link ».' },
    login: { message: 'Ce lien ne laisse plus entrer personne.', remedy: 'Demandez-en un autre : « restream dashboard --link ».' },
    token_missing: { message: 'Cette page n’est plus à jour.', remedy: 'Rechargez-la.' },
    token_wrong: { message: 'Cette page n’est plus à jour.', remedy: 'Rechargez-la.' },
    not_found: { message: 'Introuvable : {message}', remedy: '' },
    method: { message: 'Le tableau de bord ne connaît pas cette demande : {message}', remedy: '' },
    busy: { message: 'restream est occupé : {message}', remedy: 'Essayez encore dans un instant.' },
    refused: { message: '{message}', remedy: 'Le diagnostic trouve la plupart des causes.' },
    too_large: { message: 'C’est trop long pour le tableau de bord.', remedy: '' },
    too_many: { message: 'Trop de demandes à la fois.', remedy: 'Attendez un instant, puis essayez encore.' },
    bug: { message: 'C’est un défaut de restream : {message}', remedy: 'Merci de le signaler ; le diagnostic en dit peut-être plus.' },
    config: { message: '{message}', remedy: 'Corrigez le fichier.' },
    too_late: { message: 'Cela a pris trop de temps et a été interrompu.', remedy: 'Regardez l’état : ce qui avait commencé est peut-être fait.' },
};
