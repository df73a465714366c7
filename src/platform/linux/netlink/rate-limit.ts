import { attribute, nested, text, u32 } from "./message.ts"

export const RTM_NEWQDISC = 36

const TC_H_ROOT = 0xffffffff
const TCA_KIND = 1
const TCA_OPTIONS = 2
const TCA_TBF_PARMS = 1
const TCA_TBF_RATE64 = 4
const TCA_TBF_BURST = 6
const TC_LINKLAYER_ETHERNET = 1
const UINT32_MAX = 0xffffffff

/** A token bucket: https://man7.org/linux/man-pages/man8/tc-tbf.8.html */
export interface RateLimit {
  readonly bytesPerSecond: number
  /** What may be sent at once after a pause. */
  readonly burstBytes: number
  /** What may wait; what comes on top is dropped. */
  readonly queueBytes: number
}

/** Makes an interface send at most so much. Fixed part and attributes of a request. */
export function encodeRateLimit(index: number, limit: RateLimit): Buffer[] {
  // struct tcmsg: the interface, no handle of ours, the root.
  const header = Buffer.alloc(20)
  header.writeInt32LE(index, 4)
  header.writeUInt32LE(TC_H_ROOT, 12)
  // struct tc_tbf_qopt: rate and peak rate (12 bytes each), then limit, buffer and MTU.
  const parameters = Buffer.alloc(36)
  parameters[1] = TC_LINKLAYER_ETHERNET
  parameters.writeUInt32LE(Math.min(limit.bytesPerSecond, UINT32_MAX), 8)
  parameters.writeUInt32LE(Math.min(limit.queueBytes, UINT32_MAX), 24)
  const rate = Buffer.alloc(8)
  rate.writeBigUInt64LE(BigInt(limit.bytesPerSecond))
  const large = limit.bytesPerSecond >= UINT32_MAX ? [attribute(TCA_TBF_RATE64, rate)] : []
  const options = [
    attribute(TCA_TBF_PARMS, parameters),
    u32(TCA_TBF_BURST, Math.min(limit.burstBytes, UINT32_MAX)),
    ...large,
  ]
  return [header, text(TCA_KIND, "tbf"), nested(TCA_OPTIONS, options)]
}
