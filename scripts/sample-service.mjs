/**
 * A small service to stand behind Ward for a first try: a page with a form, a JSON API, an upload, an event stream
 * and a WebSocket. It keeps its data in memory, bounded, and has the manners of an ordinary application: it trusts
 * its input. Never put it on a public address.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const NOTES_MAX = 100;
const BODY_BYTES_MAX = 1024 * 1024;

/** Head of every page: readable on a telephone, by night, and with words that do not end. */
const headOf = (title) => `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title>
<style>
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui;max-width:40rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}
input{font:inherit;max-width:100%;box-sizing:border-box}button{font:inherit}
pre{background:#8882;padding:.5rem;white-space:pre-wrap}pre:empty{display:none}
</style>`;

const PAGE = `${headOf('Sample service')}
<h1>Sample service</h1>
<p>Ward stands in front of this page. Search for <code>green tea</code>, then for <code>' or '1'='1</code>.</p>
<form action="/search"><input name="q" aria-label="Words to search for" value="green tea" size="40"> <button>Search</button></form>
<h2>Leave a note</h2>
<form action="/notes" method="post"><input name="text" aria-label="Note" size="40"> <button>Save</button></form>
<h2>Upload</h2>
<form action="/upload" method="post" enctype="multipart/form-data"><input type="file" name="file" aria-label="File to upload"> <button>Send</button></form>
<h2>Events and echo</h2>
<pre id="events"></pre><pre id="echo"></pre>
<script>
const show = (id, text) => { document.getElementById(id).textContent = text; };
new EventSource('/events').onmessage = (event) => show('events', 'event ' + event.data);
const socket = new WebSocket(location.origin.replace('http', 'ws') + '/echo');
socket.onopen = () => socket.send('hello');
socket.onmessage = (event) => show('echo', 'echo: ' + event.data);
</script></html>`;

const escapeHtml = (text) => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

/** Collects a body up to the bound; `undefined` when it is larger. */
async function readBody(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(response, status, type, body) {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

const sendJson = (response, status, value) =>
  send(response, status, 'application/json', `${JSON.stringify(value)}\n`);
const sendPage = (response, title, body) =>
  send(
    response,
    200,
    'text/html; charset=utf-8',
    `${headOf(title)}<h1>${title}</h1>${body}<p><a href="/">Back</a></html>`,
  );

function sendEvents(response) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  let count = 0;
  const tick = () => response.write(`data: ${++count}\n\n`);
  tick();
  const timer = setInterval(tick, 1000);
  response.on('close', () => clearInterval(timer));
}

async function hashUpload(request, response) {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    hash.update(chunk);
  }
  sendJson(response, 200, { bytes, sha256: hash.digest('hex') });
}

async function saveNote(request, response, notes) {
  const body = await readBody(request);
  if (body === undefined) return sendJson(response, 413, { error: 'too large' });
  const isJson = (request.headers['content-type'] ?? '').startsWith('application/json');
  const text = isJson
    ? String(JSON.parse(body.toString()).text ?? '')
    : (new URLSearchParams(body.toString()).get('text') ?? '');
  notes.push(text);
  if (notes.length > NOTES_MAX) notes.shift();
  if (isJson) return sendJson(response, 201, { saved: text, notes: notes.length });
  return sendPage(response, 'Notes', `<ul>${notes.map((note) => `<li>${escapeHtml(note)}`).join('')}</ul>`);
}

async function answer(request, response, notes) {
  const url = new URL(request.url, 'http://sample');
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /':
      return send(response, 200, 'text/html; charset=utf-8', PAGE);
    case 'GET /search':
      return sendPage(
        response,
        'Search',
        `<p>Nothing found for ${escapeHtml(url.searchParams.get('q') ?? '')}.`,
      );
    case 'GET /api/items':
      return sendJson(response, 200, { items: [{ sku: 'TEA-1', name: 'Green tea', price: 4.5 }] });
    case 'GET /notes':
      return sendJson(response, 200, { notes });
    case 'POST /notes':
      return saveNote(request, response, notes);
    case 'POST /upload':
      return hashUpload(request, response);
    case 'GET /events':
      return sendEvents(response);
    default:
      return sendJson(response, 404, { error: 'not found' });
  }
}

/**
 * Starts the service on a port of the loopback interface; 0 for a free one.
 * @returns its port and a function that ends it at once
 */
export async function startSampleService(port = 0) {
  const notes = [];
  const server = createServer((request, response) => {
    answer(request, response, notes).catch(() => {
      if (!response.headersSent) sendJson(response, 400, { error: 'bad request' });
      else response.destroy();
    });
  });
  const sockets = new WebSocketServer({ server, path: '/echo', maxPayload: BODY_BYTES_MAX });
  sockets.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    socket.on('error', () => socket.terminate());
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: server.address().port,
    close: () => {
      for (const socket of sockets.clients) socket.terminate();
      server.close();
      server.closeAllConnections();
    },
  };
}
