/** A screenshot with few colours: a page of text takes a fifth of the bytes then. PNG (ISO/IEC 15948): sections 9, 10 and 11. */
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);

/** Eight bits a channel and not interlaced, as Chromium writes it, to a palette of at most so many colours. */
export function fewColours(png: Buffer, most = 64): Buffer {
  const { width, height, channels, data } = decoded(png);
  const pixels = unfiltered(data, width, height, channels);
  const [palette, indexOf] = paletteOf(pixels, channels, most);
  const rows = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1)
      rows[y * (width + 1) + 1 + x] = indexOf.get(nearly(pixels, (y * width + x) * channels)) ?? 0;
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3], 8); // eight bits a pixel, by a palette
  return Buffer.concat([
    signature,
    chunk('IHDR', head),
    chunk('PLTE', Buffer.from(palette.flat())),
    chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

type Colour = readonly [red: number, green: number, blue: number];

function decoded(png: Buffer): { width: number; height: number; channels: 3 | 4; data: Buffer } {
  const data: Buffer[] = [];
  let head = Buffer.alloc(0);
  for (let at = signature.length; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') head = Buffer.from(body);
    if (type === 'IDAT') data.push(body);
    at += 12 + length;
  }
  const [bits, kind, , , interlaced] = head.subarray(8);
  if (bits !== 8 || (kind !== 2 && kind !== 6) || interlaced !== 0)
    throw new Error(`expected a PNG of eight bits a channel, in colour, not interlaced; found ${[...head].join(' ')}`);
  const channels = kind === 2 ? 3 : 4;
  return {
    width: head.readUInt32BE(0),
    height: head.readUInt32BE(4),
    channels,
    data: inflateSync(Buffer.concat(data)),
  };
}

/** Takes the filters off each row (section 9). */
function unfiltered(data: Buffer, width: number, height: number, channels: number): Buffer {
  const line = width * channels;
  const out = Buffer.alloc(height * line);
  for (let y = 0; y < height; y += 1) {
    const filter = data[y * (line + 1)] ?? 0;
    for (let x = 0; x < line; x += 1) {
      const left = x < channels ? 0 : (out[y * line + x - channels] ?? 0);
      const up = y === 0 ? 0 : (out[(y - 1) * line + x] ?? 0);
      const corner = y === 0 || x < channels ? 0 : (out[(y - 1) * line + x - channels] ?? 0);
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0;
      out[y * line + x] = ((data[y * (line + 1) + 1 + x] ?? 0) + guess) & 255;
    }
  }
  return out;
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

/** A colour's first five bits a channel: what differs by less is one colour. */
const nearly = (pixels: Buffer, at: number): number =>
  (((pixels[at] ?? 0) >> 3) << 10) | (((pixels[at + 1] ?? 0) >> 3) << 5) | ((pixels[at + 2] ?? 0) >> 3);

/** The most frequent colours, and which of them stands for each. */
function paletteOf(pixels: Buffer, channels: number, most: number): readonly [readonly Colour[], Map<number, number>] {
  const seen = new Map<number, { count: number; colour: Colour }>();
  for (let at = 0; at < pixels.length; at += channels) {
    const key = nearly(pixels, at);
    const known = seen.get(key);
    if (known) known.count += 1;
    else seen.set(key, { count: 1, colour: [pixels[at] ?? 0, pixels[at + 1] ?? 0, pixels[at + 2] ?? 0] });
  }
  const all = [...seen].sort(([, a], [, b]) => b.count - a.count);
  const palette = all.slice(0, most).map(([, { colour }]) => colour);
  const far = (a: Colour, b: Colour): number => a.reduce((sum, one, index) => sum + (one - (b[index] ?? 0)) ** 2, 0);
  const indexOf = new Map(
    all.map(([key, { colour }], index) => {
      if (index < palette.length) return [key, index] as const;
      const nearest = palette.reduce(
        (best, one, at) => (far(one, colour) < far(palette[best] ?? one, colour) ? at : best),
        0,
      );
      return [key, nearest] as const;
    }),
  );
  return [palette, indexOf];
}

function chunk(type: string, body: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length);
  check.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, check]);
}
