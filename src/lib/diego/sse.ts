/** One server-sent event: `data` is all its data lines joined by line feeds. */
export interface ServerSentEvent {
  id: string;
  event: string;
  data: string;
}

/** Far above the largest desired LRP; an event that is larger is damage. */
const MAX_CHARACTERS = 64 * 1024 * 1024;

/**
 * Splits a text/event-stream into its events, whatever pieces it arrives in (WHATWG HTML, 9.2.6). An event that is cut off by
 * the end of the stream is dropped.
 *
 * @throws {Error} when an event is larger than 64 MiB
 */
export async function* parseEventStream(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  let current: { id: string; event: string; data: string[] } = { id: '', event: '', data: [] };
  let size = 0;
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      size += line.length;
      const text = line.endsWith('\r') ? line.slice(0, -1) : line;
      if (text !== '') {
        readField(text, current);
        continue;
      }
      if (current.data.length > 0) yield { ...current, data: current.data.join('\n') };
      current = { id: current.id, event: '', data: [] };
      size = 0;
    }
    if (size + rest.length > MAX_CHARACTERS) throw new Error('an event is larger than 64 MiB');
  }
}

function readField(line: string, event: { id: string; event: string; data: string[] }): void {
  const colon = line.indexOf(':');
  if (colon === 0) return;
  const name = colon === -1 ? line : line.slice(0, colon);
  const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
  if (name === 'data') event.data.push(value);
  else if (name === 'event') event.event = value;
  else if (name === 'id') event.id = value;
}
