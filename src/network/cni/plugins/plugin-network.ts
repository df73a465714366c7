import { familyOf, formatAddress, parseAddress } from "../../../machinery/net/cidr.ts"
import { messageOf } from "../../../machinery/status/message-of.ts"
import { isPinnedNamespace } from "../../../platform/linux/namespaces.ts"
import { openRtnetlink } from "../../../platform/linux/netlink/rtnetlink.ts"
import type { Platform } from "../../../platform/platform.ts"
import type { PodNetwork, PodNetworkRequest, PodNetworkStatus } from "../../../runtime/pod-network.ts"
import { tunnelAddress } from "../../overlay/peers.ts"
import { bandwidthOf } from "../bandwidth.ts"
import { openAttachmentCache } from "./attachment-cache.ts"
import { readNetworkConfiguration } from "./network-configuration.ts"
import { type Attachment, type CapabilityArgs, createPluginChain } from "./plugin-chain.ts"
import { createPluginRunner, type PluginRunnerOptions } from "./plugin-process.ts"

export interface PluginNetworkOptions extends PluginRunnerOptions {
  /** Where administrators put the network's configuration, such as /etc/cni/net.d. Read anew for each pod. */
  readonly confDir: string
  /** The node's range, for plugins that ask for `ipRanges`. */
  readonly podCidrs: readonly string[]
  /** Where it is remembered which pods are plugged in. Nobody else writes there. */
  readonly stateDir: string
  readonly platform: Pick<Platform, "processes" | "clock" | "log">
}

/** Pods' networks made by CNI plugins. https://www.cni.dev/docs/spec/ */
export interface PluginNetwork extends PodNetwork {
  /** Takes away what belongs to other sandboxes, and has plugins look after the rest. For start-up. Never throws. */
  reconcile(liveSandboxIds: ReadonlySet<string>): Promise<void>
  /** Whether a pod here has the address. */
  hasAddress(ip: string): boolean
}

/** Asking plugins for their status costs processes, and the kubelet asks often. */
const STATUS_LIFE_MS = 10_000

export function createPluginNetwork(options: PluginNetworkOptions): PluginNetwork {
  const { confDir, platform } = options
  const runner = createPluginRunner(options)
  const chain = createPluginChain(runner)
  const cache = openAttachmentCache(options.stateDir)
  let lastStatus: { readonly atMs: number; readonly status: PodNetworkStatus } | undefined

  /** `netns`: the pod's namespace, if it is still there; default: that which it was given. */
  async function detach(sandboxId: string, netns?: string): Promise<void> {
    const attachment = cache.get(sandboxId)
    if (attachment === undefined) return
    const path = netns ?? attachment.parameters.netns
    // What an agent that was killed has started may go on without it, and would make anew what is taken away here.
    if (attachment.result === undefined) await runner.released(cache.fileOf(sandboxId))
    const parameters = { ...attachment.parameters, netns: isPinnedNamespace(path) ? path : "" }
    await chain.remove({ ...attachment, parameters })
    cache.remove(sandboxId)
  }

  async function askStatus(): Promise<PodNetworkStatus> {
    const failed = (message: string) => ({ ready: false, reason: "NetworkPluginNotReady", message })
    try {
      const configuration = readNetworkConfiguration(confDir)
      if (configuration === undefined) {
        return failed(
          `Network plugin returns error: cni plugin not initialized: no network configuration in ${confDir}`,
        )
      }
      await chain.status(configuration)
      return { ready: true, reason: "", message: "" }
    } catch (error) {
      return failed(`Network plugin returns error: ${messageOf(error)}`)
    }
  }

  return {
    async setUp(request) {
      const configuration = readNetworkConfiguration(confDir)
      if (configuration === undefined) throw new Error(`found no network configuration in ${confDir}, expected one`)
      // After a crash in the middle: plugins need not bear being asked twice.
      await detach(request.sandboxId, request.netnsPath)
      raiseLoopback(request.netnsPath)
      const parameters = {
        containerId: request.sandboxId,
        netns: request.netnsPath,
        interfaceName: request.interfaceName,
        args: argsOf(request),
      }
      const attachment: Attachment = {
        configuration,
        parameters,
        capabilityArgs: capabilitiesOf(request, options.podCidrs),
      }
      cache.set(request.sandboxId, attachment)
      const result = await chain.add(attachment, cache.fileOf(request.sandboxId))
      const ips = addressesOf(result)
      if (ips.length === 0) throw new Error(`network "${configuration.name}" gave the pod no address`)
      cache.set(request.sandboxId, { ...attachment, result })
      return { ips }
    },
    tearDown: (request) => detach(request.sandboxId, request.netnsPath),
    async status() {
      const now = platform.clock.monotonicMs()
      if (lastStatus === undefined || now - lastStatus.atMs > STATUS_LIFE_MS) {
        lastStatus = { atMs: now, status: await askStatus() }
      }
      return lastStatus.status
    },
    hasAddress: (ip) =>
      cache
        .all()
        .values()
        .some(({ result }) => addressesOf(result).includes(ip)),
    async reconcile(liveSandboxIds) {
      const warn = (message: string, sandbox: string) => (error: unknown) =>
        platform.log.warn(message, { sandbox, error })
      const stale = cache
        .all()
        .keys()
        .filter((sandboxId) => !liveSandboxIds.has(sandboxId))
      for (const sandboxId of stale.toArray()) {
        await detach(sandboxId).catch(warn("cannot take a pod that is gone off its network", sandboxId))
      }
      for (const [sandboxId, attachment] of cache.all()) {
        await chain.check(attachment).catch(warn("a pod's network is not what it should be", sandboxId))
      }
      try {
        const configuration = readNetworkConfiguration(confDir)
        if (configuration) await chain.collectGarbage(configuration, [...cache.all().values()])
      } catch (error) {
        platform.log.warn("network plugins cannot free what nobody uses", { error })
      }
    },
  }
}

function raiseLoopback(netnsPath: string): void {
  const links = openRtnetlink(netnsPath)
  try {
    const lo = links.link("lo")
    if (lo && !lo.up) links.changeLink(lo.index, { up: true })
  } finally {
    links.close()
  }
}

/** As other runtimes tell plugins about pods. */
function argsOf({ namespace, name, sandboxId, podUid }: PodNetworkRequest): string {
  return [
    "IgnoreUnknown=1",
    `K8S_POD_NAMESPACE=${namespace}`,
    `K8S_POD_NAME=${name}`,
    `K8S_POD_INFRA_CONTAINER_ID=${sandboxId}`,
    `K8S_POD_UID=${podUid}`,
  ].join(";")
}

const BITS = 8

function capabilitiesOf(request: PodNetworkRequest, podCidrs: readonly string[]): CapabilityArgs {
  const { portMappings, annotations, dns, cgroupPath } = request
  const { ingress, egress } = bandwidthOf(annotations)
  const bandwidth = {
    ...(ingress && { ingressRate: ingress.bytesPerSecond * BITS, ingressBurst: ingress.burstBytes * BITS }),
    ...(egress && { egressRate: egress.bytesPerSecond * BITS, egressBurst: egress.burstBytes * BITS }),
  }
  const ports = portMappings.map(({ hostPort, containerPort, protocol, hostIp }) => ({
    hostPort,
    containerPort,
    protocol: protocol.toLowerCase(),
    ...(hostIp !== "" && { hostIP: hostIp }),
  }))
  return {
    ...(ports.length > 0 && { portMappings: ports }),
    ...(Object.keys(bandwidth).length > 0 && { bandwidth }),
    ...(dns && { dns: { servers: dns.servers, searches: dns.searches, options: dns.options } }),
    ...(cgroupPath !== undefined && { cgroupPath }),
    ipRanges: podCidrs.map((podCidr) => [ipRangeOf(podCidr)]),
    "io.kubernetes.cri.pod-annotations": annotations,
  }
}

/** What a node's pods may have. With IPv6 the first address that plugins would take is that of the node's tunnel. */
function ipRangeOf(subnet: string): { readonly subnet: string; readonly rangeStart?: string } {
  if (familyOf(subnet) === "IPv4") return { subnet }
  return { subnet, rangeStart: formatAddress(parseAddress(tunnelAddress(subnet)) + 1n) }
}

/** The pod's addresses in a result of any version, without prefix lengths. */
function addressesOf(result: unknown): string[] {
  type Address = { readonly address?: string; readonly interface?: number }
  const {
    ips = [],
    interfaces = [],
    ip4,
    ip6,
  } = (result ?? {}) as {
    readonly ips?: readonly Address[]
    readonly interfaces?: readonly { readonly sandbox?: string }[]
    readonly ip4?: { readonly ip?: string }
    readonly ip6?: { readonly ip?: string }
  }
  // Plugins list interfaces of the node as well.
  const own = ips.filter((each) => each.interface === undefined || interfaces[each.interface]?.sandbox)
  const found = [...own.map(({ address }) => address), ip4?.ip, ip6?.ip]
  return found.flatMap((address) => (address ? [address.split("/")[0] ?? ""] : []))
}
