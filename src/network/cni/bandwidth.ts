import { parseQuantity, quantityValue } from "../../machinery/quantity/quantity.ts"
import type { RateLimit } from "../../platform/linux/netlink/rtnetlink.ts"

/** What a pod may receive and send; absent: as much as it can. */
export interface Bandwidth {
  readonly ingress?: RateLimit
  readonly egress?: RateLimit
}

const INGRESS = "kubernetes.io/ingress-bandwidth"
const EGRESS = "kubernetes.io/egress-bandwidth"
/** Bits per second, as Kubernetes bounds them. */
const LEAST = 1e3
const MOST = 1e15
/** At least the largest packet that the kernel passes on in one piece. */
const BURST_LEAST_BYTES = 128 * 1024
const BURST_SECONDS = 0.05
/** How long a packet may wait before it is dropped. */
const QUEUE_SECONDS = 0.05

/**
 * The limits in a pod's annotations, in bits per second: https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/network-plugins/#support-traffic-shaping
 * Throws when one cannot be understood.
 */
export function bandwidthOf(annotations: Readonly<Record<string, string>>): Bandwidth {
  const [ingress, egress] = [limitOf(annotations, INGRESS), limitOf(annotations, EGRESS)]
  return { ...(ingress && { ingress }), ...(egress && { egress }) }
}

function limitOf(annotations: Readonly<Record<string, string>>, name: string): RateLimit | undefined {
  const text = Object.hasOwn(annotations, name) ? annotations[name] : undefined
  if (text === undefined) return undefined
  const bits = bitsPerSecond(text, name)
  if (bits < LEAST) throw new RangeError(`found ${name} "${text}": resource is unreasonably small (< 1kbit)`)
  if (bits > MOST) throw new RangeError(`found ${name} "${text}": resource is unreasonably large (> 1Pbit)`)
  const bytesPerSecond = Math.ceil(bits / 8)
  const burstBytes = Math.max(BURST_LEAST_BYTES, Math.ceil(bytesPerSecond * BURST_SECONDS))
  return { bytesPerSecond, burstBytes, queueBytes: burstBytes + Math.ceil(bytesPerSecond * QUEUE_SECONDS) }
}

function bitsPerSecond(text: string, name: string): number {
  try {
    return quantityValue(parseQuantity(text))
  } catch (cause) {
    throw new RangeError(`found ${name} "${text}", expected bits per second such as "10M"`, { cause })
  }
}
