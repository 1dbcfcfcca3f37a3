// The service behind the proxies of the load bench: reads every body whole and answers one page of about 1 KB.
import http from 'node:http';

const [, , port, answer] = process.argv;
const body = Buffer.from(answer);

http
  .createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, (request, response) => {
    let bytes = 0;
    request.on('data', (chunk) => {
      bytes += chunk.length;
    });
    request.on('end', () => {
      response.writeHead(200, {
        'content-type': 'text/html',
        'content-length': body.length,
        'x-body-bytes': bytes,
      });
      response.end(body);
    });
  })
  .listen(Number(port), '127.0.0.1');
