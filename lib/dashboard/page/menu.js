// A menu: a details element whose list lies over the page.

/// Closes it when something in it was done, when the focus or the pointer goes elsewhere, and by Escape.
export function closeOnLeave(menu) {
    const summary = menu.querySelector('summary');
    const close = () => { menu.open = false; };
    menu.addEventListener('click', (event) => {
        if (event.target.closest('button') === null) return;
        close();
        // The button is hidden now; a dialog that it opened gives the focus back to this.
        if (document.querySelector('dialog[open]') === null) summary.focus();
    });
    menu.addEventListener('keydown', (event) => {
        if (event.key !== 'Escape' || !menu.open) return;
        close();
        summary.focus();
    });
    document.addEventListener('pointerdown', (event) => { if (!menu.contains(event.target)) close(); });
    menu.addEventListener('focusout', (event) => {
        if (event.relatedTarget !== null && !menu.contains(event.relatedTarget)) close();
    });
}
