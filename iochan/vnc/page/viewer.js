// A viewer of the desktop at the other end of the WebSocket that this very address is.
import RFB from "./novnc/core/rfb.js";

const FIRST_WAIT = 500, LONGEST_WAIT = 15000; // milliseconds between attempts, doubled each time

const at = (id) => document.getElementById(id);
const form = at("login"), fields = { username: at("username"), password: at("password") };
let rfb = null;
let wait = FIRST_WAIT;
let refused = null;
let asking = false; // whether the user has to say who he is before the next attempt
let given = null; // what he said, for one attempt
let shown = null; // the fingerprint of a server's key that he is asked about

function say(words, lost) {
    at("status").textContent = words;
    at("status").classList.toggle("lost", lost);
}

// A server waits for an answer for some seconds only, so the user gives it before he is asked once more.
function ask(types) {
    asking = true;
    for (const [name, field] of Object.entries(fields)) {
        at(`for-${name}`).hidden = !types.includes(name);
        field.required = types.includes(name);
    }
    form.hidden = false;
    (types.includes("username") ? fields.username : fields.password).focus();
}

form.addEventListener("submit", (event) => {
    event.preventDefault();
    form.hidden = true;
    given = { username: fields.username.value, password: fields.password.value };
    fields.password.value = "";
    asking = false;
    say("connecting", false);
    connect();
});

// As other viewers show it: half of a SHA-1.
async function fingerprint(key) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", key));
    return Array.from(digest.slice(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("-");
}

at("trust").addEventListener("submit", (event) => {
    event.preventDefault();
    at("trust").hidden = true;
    localStorage.setItem(location.host, shown);
    asking = false;
    say("connecting", false);
    connect();
});

function connect() {
    const url = new URL(location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.hash = "";
    refused = null;
    rfb = new RFB(at("screen"), url.href, { shared: true });
    const attempt = rfb;
    window.rfb = rfb; // for the browser's own console, and for tests
    rfb.resizeSession = new URLSearchParams(location.search).get("resize") !== "off";
    rfb.scaleViewport = !rfb.resizeSession;
    rfb.addEventListener("connect", () => {
        wait = FIRST_WAIT;
        form.hidden = true;
        say(`connected to ${url.host}`, false);
        rfb.focus();
    });
    rfb.addEventListener("desktopname", (event) => { document.title = event.detail.name; });
    rfb.addEventListener("credentialsrequired", (event) => {
        if (given === null) {
            ask(event.detail.types);
            rfb.disconnect();
            return;
        }
        rfb.sendCredentials(given);
        given = null;
    });
    rfb.addEventListener("serververification", async (event) => {
        const found = await fingerprint(event.detail.publickey);
        if (localStorage.getItem(location.host) === found) {
            attempt.approveServer();
            return;
        }
        asking = true;
        shown = found;
        at("fingerprint").textContent = found;
        at("trust").hidden = false;
        attempt.disconnect();
    });
    rfb.addEventListener("securityfailure", (event) => { refused = event.detail.reason || "not let in"; });
    rfb.addEventListener("clipboard", (event) => { navigator.clipboard?.writeText(event.detail.text).catch(() => {}); });
    rfb.addEventListener("disconnect", () => {
        if (attempt !== rfb) return; // the user was quicker, and the next attempt is under way
        if (asking) {
            say(at("trust").hidden ? "who are you?" : "is this the server?", false);
            return;
        }
        const words = refused === null ? "the connection ended" : `refused: ${refused}`;
        say(`${words}; trying again in ${wait / 1000} s`, true);
        setTimeout(connect, wait);
        wait = Math.min(2 * wait, LONGEST_WAIT);
    });
}

document.addEventListener("paste", (event) => {
    if (rfb !== null && form.hidden) rfb.clipboardPasteFrom(event.clipboardData.getData("text"));
});

connect();
