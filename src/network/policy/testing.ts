/** For tests of this folder: policies in few words, and what they mean, decided slowly and plainly. */
import type { Pod } from "../../api/core/v1/pod.ts"
import type { NetworkPolicy } from "../../api/networking/v1/network-policy.ts"
import { cidrContains, parseAddress, parseCidr } from "../../machinery/net/cidr.ts"
import { compileLabelSelector } from "../../machinery/selectors/label-selector.ts"

type Spec = NetworkPolicy["spec"]
type Rule = NonNullable<Spec["ingress"]>[number] & NonNullable<Spec["egress"]>[number]

export function policy(namespace: string, name: string, spec: Partial<Spec>): NetworkPolicy {
  const metadata = { namespace, name, uid: `${namespace}-${name}`, resourceVersion: "1" }
  const types = spec.policyTypes ?? ((spec.egress?.length ?? 0) > 0 ? ["Ingress", "Egress"] : ["Ingress"])
  const complete = { podSelector: {}, ...spec, policyTypes: types }
  return { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata, spec: complete } as NetworkPolicy
}

export interface TestPod {
  readonly namespace: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly ip: string
}

export function podObject(pod: TestPod, more: { readonly status?: object; readonly spec?: object } = {}): Pod {
  const { namespace, name, labels, ip } = pod
  const port = (text: string, number: number, protocol: string) => ({ name: text, containerPort: number, protocol })
  const ports = [port("web", 80, "TCP"), port("web", 81, "UDP")]
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace, name, labels, uid: `${namespace}-${name}`, resourceVersion: "1" },
    spec: { containers: [{ name: "main", ports }], ...more.spec },
    status: { phase: "Running", podIP: ip, podIPs: [{ ip }], ...more.status },
  } as unknown as Pod
}

export interface World {
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>
  readonly policies: readonly NetworkPolicy[]
}

/** Whether a pod may open a connection to another, straight from the words of the API. */
export function isAllowed(world: World, from: TestPod, to: TestPod, protocol: string, port: number): boolean {
  if (from === to) return true
  return allows(world, "Egress", from, to, to, protocol, port) && allows(world, "Ingress", to, from, to, protocol, port)
}

function allows(
  { policies, namespaces }: World,
  type: "Ingress" | "Egress",
  self: TestPod,
  peer: TestPod,
  receiver: TestPod,
  protocol: string,
  port: number,
): boolean {
  const ours = policies.filter(
    ({ metadata, spec }) =>
      metadata.namespace === self.namespace &&
      spec.policyTypes?.includes(type) &&
      compileLabelSelector(spec.podSelector).matches(self.labels),
  )
  if (ours.length === 0) return true
  return ours.some(({ spec }) =>
    ((type === "Ingress" ? spec.ingress : spec.egress) ?? []).some((rule) => {
      const { from, to, ports = [] } = rule as Rule
      const peers = (type === "Ingress" ? from : to) ?? []
      const peerFits =
        peers.length === 0 ||
        peers.some(({ ipBlock, podSelector, namespaceSelector }) => {
          if (ipBlock) {
            const contains = (cidr: string) => cidrContains(parseCidr(cidr), parseAddress(peer.ip))
            return contains(ipBlock.cidr) && !(ipBlock.except ?? []).some(contains)
          }
          const inNamespace = namespaceSelector
            ? compileLabelSelector(namespaceSelector).matches(namespaces.get(peer.namespace))
            : peer.namespace === self.namespace
          return inNamespace && compileLabelSelector(podSelector ?? {}).matches(peer.labels)
        })
      const portFits =
        ports.length === 0 ||
        ports.some((each) => {
          if ((each.protocol ?? "TCP") !== protocol) return false
          if (each.port === undefined) return true
          if (typeof each.port === "string") {
            const named = podObject(receiver).spec.containers[0]?.ports?.filter(({ name }) => name === each.port) ?? []
            return named.some((one) => one.protocol === protocol && one.containerPort === port)
          }
          return port >= each.port && port <= (each.endPort ?? each.port)
        })
      return peerFits && portFits
    }),
  )
}
