// Making and changing elements. Text goes in as text: nothing here reads HTML.

const svgNamespace = 'http://www.w3.org/2000/svg';

/// `properties`: attributes by name; `class`; `text`; `on`, handlers by event. null and false leave
/// an attribute out, true gives it no value.
export function h(tag, properties = {}, ...children) {
    return fill(document.createElement(tag), properties, children);
}

export function svg(tag, properties = {}, ...children) {
    return fill(document.createElementNS(svgNamespace, tag), properties, children);
}

function fill(node, properties, children) {
    for (const [name, value] of Object.entries(properties)) {
        if (name === 'text') node.textContent = value;
        else if (name === 'on') {
            for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
        } else set(node, name, value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
}

/// Changes an attribute, where it is not so already: a screen reader hears of changes only.
export function set(node, name, value) {
    if (value === null || value === undefined || value === false) {
        if (node.hasAttribute(name)) node.removeAttribute(name);
        return;
    }
    const text = value === true ? '' : String(value);
    if (node.getAttribute(name) !== text) node.setAttribute(name, text);
}

export function setText(node, text) {
    if (node.textContent !== text) node.textContent = text;
}

export function show(node, isShown) {
    if (node.hidden === isShown) node.hidden = !isShown;
}

export const byId = (id) => document.getElementById(id);

let lastId = 0;
/// An id that no other element has.
export function freshId(word) {
    lastId += 1;
    return `${word}-${lastId}`;
}
