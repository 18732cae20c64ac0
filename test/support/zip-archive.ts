import { deflateRawSync } from 'node:zlib';

/** A zip archive of one file, as small as the format allows; checksums are left at zero. */
export function zipArchive(name: string, content: Buffer, compress: boolean): Buffer {
  const data = compress ? deflateRawSync(content) : content;
  const facts = Buffer.alloc(26);
  facts.writeUInt16LE(20, 0);
  facts.writeUInt16LE(compress ? 8 : 0, 4);
  facts.writeUInt32LE(data.length, 14);
  facts.writeUInt32LE(content.length, 18);
  facts.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([signature(0x04034b50), facts, Buffer.from(name), data]);
  const madeBy = Buffer.alloc(2);
  const central = Buffer.concat([signature(0x02014b50), madeBy, facts, Buffer.alloc(14)]);
  const directory = Buffer.concat([central, Buffer.from(name)]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, directory, signature(0x06054b50), end]);
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
