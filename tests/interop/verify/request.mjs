// What the programs beside this one share: the libraries' clock, and the requests of the protocol (see ../README.md).
import { createInterface } from 'node:readline';

// The libraries live at the request's time.
let now = 0;
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...given) {
    super(...(given.length === 0 ? [now] : given));
  }
  static now() {
    return now;
  }
};
// Standard output carries answers, so nothing else may print.
for (const method of Object.keys(console)) {
  if (typeof console[method] === 'function') console[method] = () => {};
}

/** A request of the protocol in the shapes that libraries ask for. */
function read(line) {
  const request = JSON.parse(line);
  const body = Buffer.from(request.body_b64, 'base64');
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    ...request, body, headers,
    text: body.toString('utf8'),
    header: (name) => headers[name],
    asFetch: () => new Request(request.url, { method: request.method, headers, body }),
  };
}

/** Loads the library that the command line names, and prints one line for each request. */
export async function serve(libraries, answer) {
  const [name] = process.argv.slice(2);
  if (!(name in libraries)) {
    process.stderr.write(`usage: node ${process.argv[1]} ${Object.keys(libraries).join('|')} < requests.jsonl\n`);
    process.exit(2);
  }
  const library = await libraries[name]();
  for await (const line of createInterface({ input: process.stdin })) {
    const request = read(line);
    now = request.now_unix * 1000;
    process.stdout.write(`${await answer(library, request)}\n`);
  }
}
