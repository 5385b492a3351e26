/** Codes over stored records, by a KMS key that never leaves KMS: API reference, GenerateMac and VerifyMac. */
import { GenerateMacCommand, KMSClient, VerifyMacCommand } from '@aws-sdk/client-kms';
import { client } from './client.ts';

const MacAlgorithm = 'HMAC_SHA_256';

// KMS takes 4,096 bytes at the most, and a record may be longer: what is signed is its digest, which the caller makes.
const bytes = (digest: string): Uint8Array => new TextEncoder().encode(digest);

export async function sign(KeyId: string, digest: string): Promise<string> {
  const { Mac } = await client(KMSClient).send(new GenerateMacCommand({ KeyId, MacAlgorithm, Message: bytes(digest) }));
  return Buffer.from(Mac ?? []).toString('base64');
}

/** False for a code that does not fit; any other fault is thrown. */
export async function verify(KeyId: string, digest: string, code: string): Promise<boolean> {
  const Mac = Buffer.from(code, 'base64');
  if (Mac.length === 0) return false;
  try {
    const answer = await client(KMSClient).send(
      new VerifyMacCommand({ KeyId, MacAlgorithm, Message: bytes(digest), Mac }),
    );
    return answer.MacValid === true;
  } catch (error) {
    if (error instanceof Error && error.name === 'KMSInvalidMacException') return false;
    throw error;
  }
}
