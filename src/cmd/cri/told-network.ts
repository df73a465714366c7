import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { familyOf, formatCidr, parseCidr } from "../../machinery/net/cidr.ts"
import { type BridgeNetwork, createBridgeNetwork } from "../../network/cni/bridge-network.ts"
import { readTextIfPresent, writeAtomically } from "../../platform/linux/files.ts"
import type { Platform } from "../../platform/platform.ts"
import type { PodNetwork } from "../../runtime/pod-network.ts"
import { RuntimeError } from "../../runtime/runtime.ts"

/** A bridge whose range a kubelet tells, in this life of the process or an earlier one. Until then no pod can start. */
export interface ToldNetwork extends PodNetwork {
  /**
   * `podCidr`: one range, or one of each family, `a,b`. Throws RuntimeError InvalidArgument for anything else, and FailedPrecondition for another one than that which
   * pods have their addresses from (`isUsed`).
   */
  use(podCidr: string, isUsed: boolean): Promise<void>
  /** Undefined until it was told. */
  readonly bridge: BridgeNetwork | undefined
}

/** The bridge's name, and that of its rules. */
const BRIDGE = "gantrycri0"
/** There are no services here whose addresses would have to be kept from leaving the machine. */
const NO_SERVICES = { IPv4: "0.0.0.0/32", IPv6: "::/128" } as const

export async function openToldNetwork(
  stateDir: string,
  platform: Pick<Platform, "processes" | "log">,
): Promise<ToldNetwork> {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  const file = join(stateDir, "pod-cidr")
  const network = new Told(stateDir, file, platform)
  const remembered = readTextIfPresent(file)?.trim()
  if (remembered !== undefined) await network.use(remembered, false)
  return network
}

class Told implements ToldNetwork {
  readonly #stateDir: string
  readonly #file: string
  readonly #platform: Pick<Platform, "processes" | "log">
  bridge: BridgeNetwork | undefined

  constructor(stateDir: string, file: string, platform: Pick<Platform, "processes" | "log">) {
    this.#stateDir = stateDir
    this.#file = file
    this.#platform = platform
  }

  async use(podCidr: string, isUsed: boolean): Promise<void> {
    const range = checked(podCidr)
    if (shown(this.bridge) === range) return
    if (this.bridge !== undefined && isUsed) {
      const text = `pods have addresses from ${shown(this.bridge)} already; ${range} has to wait until they are removed`
      throw new RuntimeError("FailedPrecondition", text)
    }
    await this.bridge?.destroy()
    this.bridge?.close()
    this.bridge = undefined
    const bridge = createBridgeNetwork({
      name: BRIDGE,
      ranges: range
        .split(",")
        .map((own) => ({ podCidr: own, clusterCidr: own, serviceCidr: NO_SERVICES[familyOf(own)] })),
      stateDir: this.#stateDir,
      platform: this.#platform,
    })
    try {
      await bridge.start()
    } catch (error) {
      // Nobody may take it for one that works: the kubelet tells the range again.
      bridge.close()
      throw error
    }
    this.bridge = bridge
    writeAtomically(this.#file, `${range}\n`)
  }

  async setUp(request: Parameters<PodNetwork["setUp"]>[0]) {
    if (this.bridge === undefined) throw new RuntimeError("NetworkFailure", MISSING)
    return this.bridge.setUp(request)
  }

  async tearDown(request: Parameters<PodNetwork["tearDown"]>[0]) {
    await this.bridge?.tearDown(request)
  }

  async status() {
    return this.bridge?.status() ?? { ready: false, reason: "NetworkPluginNotReady", message: MISSING }
  }
}

const MISSING = "no range for pods is known: the kubelet has told none yet, and --pod-cidr was not given"

/** The ranges as they were told. */
export const shown = (bridge: BridgeNetwork | undefined): string | undefined =>
  bridge?.ranges.map(({ podCidr }) => podCidr).join()

function checked(podCidr: string): string {
  try {
    const ranges = podCidr.split(",").map((text) => formatCidr(parseCidr(text.trim())))
    if (new Set(ranges.map(familyOf)).size === ranges.length) return ranges.join()
    throw new TypeError(`found ${ranges.length} ranges, at most one of each family is possible`)
  } catch (error) {
    const text = `pod CIDR ${JSON.stringify(podCidr)}: expected a range such as 10.88.0.0/24, or one of each family`
    throw new RuntimeError("InvalidArgument", text, { cause: error })
  }
}
