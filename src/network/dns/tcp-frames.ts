/** Messages over TCP have their length in front: https://www.rfc-editor.org/rfc/rfc1035#section-4.2.2 */

export function withLength(message: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}

/** The first whole message in what was received, and what follows it. */
export function takeFrame(received: Buffer): { readonly message: Buffer; readonly rest: Buffer } | undefined {
  if (received.length < 2) return undefined
  const end = 2 + received.readUInt16BE(0)
  if (received.length < end) return undefined
  return { message: received.subarray(2, end), rest: received.subarray(end) }
}
