import { chmodSync, existsSync, mkdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { SubjectAccessReview } from "../../api/authorization/v1/subject-access-review.ts"
import type { Secret } from "../../api/core/v1/secret.ts"
import { Service } from "../../api/core/v1/service.ts"
import type { Client } from "../../client/client.ts"
import { createEventRecorder } from "../../client/event-recorder.ts"
import { createHttpsTransport } from "../../client/https/https-transport.ts"
import { countRequests, type OnReply } from "../../client/https/request-metrics.ts"
import { startInformer } from "../../client/informer.ts"
import { createClient } from "../../client/typed-client.ts"
import type { RegistryCredentials } from "../../images/images.ts"
import { credentialsFor } from "../../images/registry/pull-secrets.ts"
import { type Kubelet, startKubelet } from "../../kubelet/kubelet.ts"
import { createPodCgroups } from "../../kubelet/resources/pod-cgroups.ts"
import { serveHealthz } from "../../kubelet/server/healthz.ts"
import { reviewTokens } from "../../kubelet/server/review-tokens.ts"
import { type Authorize, startKubeletServer } from "../../kubelet/server/server.ts"
import { readNodeUsage } from "../../kubelet/server/stats/node-usage.ts"
import { createStreamServer } from "../../kubelet/server/streaming/stream-server.ts"
import { defaultSettings, type KubeletSettings } from "../../kubelet/settings/settings.ts"
import { BLOCK, type IdRange, subordinateIds } from "../../kubelet/user-namespaces/id-blocks.ts"
import { runNodeNetwork } from "../../network/from-api/run-node-network.ts"
import type { CertificateFiles, NodePki } from "../../pki/pki.ts"
import { detectCgroups } from "../../platform/linux/cgroups.ts"
import { takeHostname } from "../../platform/linux/namespaces.ts"
import { onFirstUse } from "../../platform/on-first-use.ts"
import type { Platform } from "../../platform/platform.ts"
import { serveCri } from "../../runtime/cri-server/serve-cri.ts"
import type { ContainerRuntime } from "../../runtime/runtime.ts"
import { createVolumeFolders } from "../../storage/local/volume-folders.ts"
import { apiServerUrl, needsNodeNetwork, nodeAddresses } from "../cluster/addresses.ts"
import { inRegistry } from "../cluster/cluster-lock.ts"
import { ensureNodeCertificates } from "../cluster/cluster-pki.ts"
import { keepCertificates } from "../cluster/keep-certificates.ts"
import { layoutOf, SLOTS_MAX } from "../cluster/layout.ts"
import { watchNodeNetwork } from "../cluster/node-network.ts"
import type { ClusterRecord } from "../cluster/record.ts"
import { gantryVersion, KUBERNETES_VERSION } from "../version.ts"
import { adoptPods } from "./adopt-pods.ts"
import { createAgentMetrics } from "./agent-metrics.ts"
import { keepSmall } from "./keep-small.ts"
import { type NodeParts, nodeParts, vxlanDevice } from "./node-parts.ts"
import { offDisk } from "./off-disk.ts"

const providers = onFirstUse<typeof import("./credential-providers.ts")>("./credential-providers.ts", import.meta.url)

/** The machine's own network: that of its first process. */
const MACHINE_NETNS = "/proc/1/ns/net"

/** An agent is often started together with its server, and mostly before it. */
const SERVER_START_MS = 3000

export interface RunningAgent {
  /** Ends the node's pods as its configuration says for a machine that shuts down; most say nothing. */
  shutDown(): Promise<void>
  /** Lets go of everything. Containers, and the rules of services, stay as they are. */
  close(): Promise<void>
}

/** One node in this process: kubelet, container runtime, service proxy and DNS. Resolves when the node is Ready. */
export async function startAgent(
  record: ClusterRecord,
  nodeName: string,
  platform: Platform,
  given: KubeletSettings = defaultSettings,
  flags: ReadonlyMap<string, string> = new Map(),
): Promise<RunningAgent> {
  const layout = layoutOf(record)
  const node = layout.node(nodeName)
  const nodeIps = nodeAddresses(record, nodeName)
  const sharesMachine = record.nodes.find(({ name }) => name === nodeName)?.kind === "namespace"
  // Pods with the node's network have the node's name, which programs look themselves up by.
  if (sharesMachine) takeHostname(nodeName)
  const settings = { staticPodPath: manifestsDir(node.dataDir), ...given, ...endpointSettings(record) }
  const pki = ensureNodeCertificates(record, nodeName, nodeIps, platform)
  const abort = new AbortController()
  const { signal } = abort
  const registry = createAgentMetrics(pki, platform.clock)
  const connect = connector(record, pki, platform, countRequests(registry, apiServerUrl(record)))
  const [kubeletApi, proxyApi] = [connect(pki.client, "kubelet"), connect(pki.proxy, "kube-proxy")]

  const parts = nodeParts(record, nodeName, platform)
  const [, { images, runtime }] = await Promise.all([parts.bridge.start(), parts.openRuntime()])
  const sandboxes = await adoptPods(runtime, parts.bridge)
  await parts.plugins?.reconcile(new Set(sandboxes.map(({ id }) => id)))
  for (const { id: sandboxId, metadata, labels } of sandboxes) {
    const ips = parts.bridge.addressesOf(sandboxId)
    if (ips.length > 0) parts.policies.adopt({ ...metadata, sandboxId, podUid: metadata.uid, labels, ips })
  }
  const nodeSwitch = node.index === 0 && needsNodeNetwork(record) ? watchNodeNetwork(record, platform) : undefined
  const network = runNodeNetwork({
    client: proxyApi.client,
    events: createEventRecorder({ client: proxyApi.client, component: "kube-proxy", host: nodeName, platform }),
    platform,
    nodeName,
    nodeIps,
    bridge: parts.bridge,
    ...(parts.plugins ? { isPod: parts.plugins.hasAddress } : { policies: parts.policies }),
    clusterDomain: layout.clusterDomain,
    dnsIps: layout.dnsIps,
    ...(record.nodes.length > 1 && {
      overlay: { device: vxlanDevice(parts.bridge.name), port: layout.vxlanPort },
    }),
    ...(sharesMachine && { loopbackNetns: MACHINE_NETNS }),
    ...(nodeSwitch && { nodeSwitch }),
    stateDir: join(node.dataDir, "network"),
    signal,
  })
  const logDir = join(node.dataDir, "log", "pods")
  const cgroups = createPodCgroups(detectCgroups(), node.cgroup, settings)
  const kubelet = await startKubelet({
    platform,
    client: kubeletApi.client,
    events: createEventRecorder({ client: kubeletApi.client, component: "kubelet", host: nodeName, platform }),
    runtime,
    images,
    nodeName,
    nodeIps,
    podCidrs: parts.bridge.ranges.map(({ podCidr }) => podCidr),
    hostname: nodeName,
    dataDir: join(node.dataDir, "kubelet"),
    settings,
    podIds: podIds(record, node.index),
    runDir: offDisk(join(node.runDir, "kubelet")),
    secretsInMemory: true,
    logDir,
    cgroups,
    clusterDns: { servers: layout.dnsIps.slice(0, 1), domain: layout.clusterDomain },
    services: startInformer(kubeletApi.client, Service, { platform, signal }),
    credentialsFor: pullCredentials,
    ...(record.credentialProviders && {
      credentialProviders: providers().openCredentialProviders(record.credentialProviders, platform, registry),
    }),
    pullRecordsDir: join(record.dataDir, "image-pulls"),
    serverPort: node.kubeletPort,
    kubeletVersion: `${KUBERNETES_VERSION}+gantry-${gantryVersion()}`,
    registry,
    signal,
  })
  const server = await startKubeletServer({
    platform,
    address: nodeIps[0],
    port: node.kubeletPort,
    cert: pki.serving.cert,
    key: pki.serving.key,
    clientCa: pki.ca.cert,
    authorize: authorizer(kubeletApi.client),
    authenticateToken: reviewTokens(kubeletApi.client, platform.clock),
    pods: kubelet.access,
    volumes: kubelet.volumes,
    probeResults: kubelet.probeResults,
    metrics: kubelet.metrics,
    registry,
    configuration: kubelet.configuration,
    version: KUBERNETES_VERSION,
    flags,
    cgroups,
    logDir,
    volumeFolders: createVolumeFolders({ dir: join(node.dataDir, "volumes") }),
    nodeUsage: () => readNodeUsage(node.dataDir),
    runtime: kubelet.runtime,
    nodeName,
  })
  // Connections to the API server read theirs again by themselves.
  void keepCertificates({
    current: pki,
    ensure: () => inRegistry(platform.clock, () => ensureNodeCertificates(record, nodeName, nodeIps, platform)),
    use: ({ serving }) => server.setCertificate(serving.cert, serving.key),
    platform,
    signal,
  })
  if (settings.shutdown.length > 0) void followShutdowns(kubelet, settings.shutdown, platform, signal)
  const cri = record.runtime ? undefined : await serveOwnRuntime(runtime, parts, node.runDir, platform)
  // One machine has one such port, and the cluster's first node stands for it.
  const healthz = node.index === 0 ? await serveHealthz() : undefined
  await Promise.all([kubelet.ready, network.synced])
  void keepSmall(runtime, platform, signal)
  platform.log.info("node is ready", { node: nodeName, address: nodeIps.join() })
  return {
    shutDown: kubelet.shutDown,
    async close() {
      await Promise.all([server.close(), healthz?.close()])
      cri?.close()
      abort.abort()
      await kubelet.stop()
      await network.stopped
      nodeSwitch?.close()
      await runtime.close()
      parts.bridge.close()
      kubeletApi.close()
      proxyApi.close()
    },
  }
}

/** Only where logind runs, which asks who shuts the machine down to wait. */
async function followShutdowns(
  { goOn, shutDown }: Kubelet,
  periods: KubeletSettings["shutdown"],
  platform: Platform,
  signal: AbortSignal,
): Promise<void> {
  const [{ connectLogind }, { followLogind }, { systemBusAddress }] = await Promise.all([
    import("../../kubelet/shutdown/logind.ts"),
    import("../../kubelet/shutdown/follow-logind.ts"),
    import("../../platform/linux/dbus/connection.ts"),
  ])
  const address = systemBusAddress(process.env)
  await followLogind({
    connect: (onShutdown) => connectLogind(address, platform, onShutdown),
    seconds: periods.reduce((sum, { seconds }) => sum + seconds, 0),
    begin: shutDown,
    cancel: goOn,
    platform,
    signal,
  })
}

/** For crictl and others. */
async function serveOwnRuntime(
  runtime: ContainerRuntime,
  { images }: Pick<NodeParts, "images">,
  runDir: string,
  platform: Platform,
): Promise<{ close(): void }> {
  const streaming = createStreamServer({ runtime, platform })
  const { clock } = platform
  const server = await serveCri({
    socketPath: criSocketOf(runDir),
    runtime,
    images,
    streaming,
    clock,
    version: gantryVersion(),
  })
  return {
    close() {
      server.close()
      streaming.close()
    },
  }
}

/** Flags win over the file. */
function endpointSettings({ runtime }: ClusterRecord): Pick<KubeletSettings, "imageEndpoint" | "runtimeEndpoint"> {
  if (runtime === undefined) return {}
  const { endpoint, imageEndpoint } = runtime
  return { runtimeEndpoint: endpoint, ...(imageEndpoint !== undefined && { imageEndpoint }) }
}

/** Where crictl and others reach the node's runtime. */
export const criSocketOf = (runDir: string): string => join(runDir, "cri.sock")

/** As `defaultSettings` has it. */
const BLOCKS_PER_NODE = 110
/** 2^32 ids have room for so many nodes, above the ids of the machine's own users. */
const NODES_WITH_IDS = 595

/** Nodes of one machine share its ids: each takes a part of its own, unless the machine has set some aside for kubelets. */
function podIds({ slot }: ClusterRecord, index: number): IdRange {
  const read = (path: string) => (existsSync(path) ? readFileSync(path, "utf8") : "")
  const own = subordinateIds("kubelet", { uids: read("/etc/subuid"), gids: read("/etc/subgid") })
  const part = (slot + index * SLOTS_MAX) % NODES_WITH_IDS
  return own ?? { first: BLOCK * (1 + part * BLOCKS_PER_NODE), count: BLOCKS_PER_NODE }
}

/** Where the node's static pods come from. */
function manifestsDir(dataDir: string): string {
  mkdirSync(dataDir, { recursive: true })
  // Root of a pod's user namespace must find the way to what the pod mounts.
  for (const folder of [dirname(dataDir), dataDir]) chmodSync(folder, 0o711)
  const folder = join(dataDir, "manifests")
  mkdirSync(folder, { recursive: true, mode: 0o750 })
  return folder
}

function connector(record: ClusterRecord, pki: NodePki, platform: Platform, onReply: OnReply) {
  const server = apiServerUrl(record)
  return (identity: CertificateFiles, component: string): { readonly client: Client; readonly close: () => void } => {
    const transport = createHttpsTransport({
      server,
      ca: { file: pki.ca.certFile },
      cert: { file: identity.certFile },
      key: { file: identity.keyFile },
      platform,
      userAgent: `gantry/${component}`,
      patienceMs: SERVER_START_MS,
      onReply,
    })
    return { client: createClient(transport, { fieldManager: component }), close: transport.close }
  }
}

/** Administrators, the API server among them, may do everything; about others the API server is asked. */
function authorizer(client: Client): Authorize {
  return async (user, { verb, resource, subresource, name }) => {
    if (user.groups.includes("system:masters")) return true
    const review = await client.of(SubjectAccessReview).create({
      spec: { user: user.name, groups: [...user.groups], resourceAttributes: { verb, resource, subresource, name } },
    })
    return review.status.allowed
  }
}

/** The credentials in pull secrets that fit an image. Damaged secrets are left out: the pull then says what it lacks. */
function pullCredentials(image: string, secrets: readonly Secret[]): readonly RegistryCredentials[] {
  const decoded = secrets.map(({ type, data = {} }) => ({
    type: type ?? "",
    data: new Map(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64")])),
  }))
  return credentialsFor(image, decoded).credentials
}
