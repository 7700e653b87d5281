// A terminal at the other end of the WebSocket that this very address is.
import { Terminal } from "./xterm.mjs";
import { FitAddon } from "./addon-fit.mjs";

const FIRST_WAIT = 500, LONGEST_WAIT = 15000; // milliseconds between attempts, doubled each time

const status = document.getElementById("status");
const terminal = new Terminal({ cursorBlink: true, scrollback: 5000 });
const fit = new FitAddon();
const encoder = new TextEncoder();
let socket = null;
let wait = FIRST_WAIT;

terminal.loadAddon(fit);
terminal.open(document.getElementById("screen"));
fit.fit();
terminal.focus();
window.addEventListener("resize", () => fit.fit());
window.terminal = terminal; // for the browser's own console, and for tests

function say(words, lost) {
    status.textContent = words;
    status.classList.toggle("lost", lost);
}

function send(bytes) {
    if (socket !== null && socket.readyState === WebSocket.OPEN) socket.send(bytes);
}

terminal.onData((text) => send(encoder.encode(text)));
terminal.onBinary((text) => send(Uint8Array.from(text, (character) => character.charCodeAt(0))));

function connect() {
    const url = new URL(location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.hash = "";
    socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => { wait = FIRST_WAIT; say(`connected to ${url.host}`, false); };
    socket.onmessage = (event) => terminal.write(new Uint8Array(event.data));
    socket.onclose = (event) => {
        const reason = event.reason ? `: ${event.reason}` : "";
        say(`closed with ${event.code}${reason}; trying again in ${wait / 1000} s`, true);
        setTimeout(connect, wait);
        wait = Math.min(2 * wait, LONGEST_WAIT);
    };
}

connect();
