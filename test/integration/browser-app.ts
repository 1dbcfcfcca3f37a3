/** An ordinary application, as its authors would write it without Ward in mind: express, multer, ws. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import multer from 'multer';
import { WebSocketServer } from 'ws';

const PAGE = `<!doctype html>
<html><head><title>Shop</title><link rel="stylesheet" href="/style.css"></head>
<body>
<form id="search" action="/search"><input name="q"><button>Go</button></form>
<form id="order" action="/orders" method="post"><input name="item"><textarea name="note"></textarea><button>Order</button></form>
<form id="upload" action="/upload" method="post" enctype="multipart/form-data">
  <input name="title"><input type="file" name="file"><button>Send</button></form>
<ol id="events"></ol><ol id="messages"></ol>
<script>
const add = (list, text) => { const item = document.createElement('li'); item.textContent = text; document.getElementById(list).append(item); };
const source = new EventSource('/events');
source.onmessage = (event) => { add('events', event.data); if (event.data === '3') source.close(); };
const socket = new WebSocket('ws://' + location.host + '/chat');
socket.onopen = () => { socket.send('hello'); socket.send(new Uint8Array([1, 2, 255])); };
socket.onmessage = async (event) => add('messages', typeof event.data === 'string' ? event.data : 'binary ' + new Uint8Array(await event.data.arrayBuffer()).join(','));
</script></body></html>`;

export interface BrowserApp {
  readonly url: string;
  /** Method and path of every request that reached the application. */
  readonly seen: readonly string[];
  close(): Promise<void>;
}

export async function startBrowserApp(): Promise<BrowserApp> {
  const app = express();
  const seen: string[] = [];
  const upload = multer({ storage: multer.memoryStorage() });
  app.use((request, _response, next) => {
    seen.push(`${request.method} ${request.originalUrl}`);
    next();
  });
  app.use(express.urlencoded({ extended: false }));
  app.use(express.json());
  app.get('/', (_request, response) => void response.cookie('sid', 'abc', { httpOnly: true }).send(PAGE));
  app.get('/style.css', (_request, response) => void response.type('css').send('body{color:rgb(1,2,3)}'));
  app.get(
    '/search',
    (request, response) => void response.send(`<h1 id="found">${escape(request.query.q)}</h1>`),
  );
  app.post('/orders', (request, response) => {
    const { item, note } = request.body as Record<string, string>;
    response.redirect(303, `/orders/1?${new URLSearchParams({ item, note })}`);
  });
  app.get('/orders/1', (request, response) => {
    response.send(
      `<h1 id="order">${escape(request.query.item)}: ${escape(request.query.note)} (${escape(request.headers.cookie)})</h1>`,
    );
  });
  app.post('/upload', upload.single('file'), (request, response) => {
    const { file } = request;
    const sha256 = createHash('sha256')
      .update(file?.buffer ?? '')
      .digest('hex');
    const title = (request.body as { title?: string }).title;
    response.send(
      `<h1 id="file">${escape(title)}|${escape(file?.originalname)}|${file?.size}|${sha256}</h1>`,
    );
  });
  app.get('/events', (_request, response) => {
    response.set({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' }).flushHeaders();
    let count = 0;
    const timer = setInterval(() => response.write(`data: ${++count}\n\n`), 50);
    response.on('close', () => clearInterval(timer));
  });
  return listen(createServer(app), seen);
}

async function listen(server: Server, seen: readonly string[]): Promise<BrowserApp> {
  const sockets = new WebSocketServer({ server, path: '/chat' });
  sockets.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => {
      const text = (data as Buffer).toString();
      socket.send(isBinary ? data : `you said ${text}`, { binary: isBinary });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function escape(text: unknown): string {
  return String(text).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
