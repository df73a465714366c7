import type { FieldPath } from "../../../machinery/field/path.ts"
import { quote } from "../../../machinery/field/quote.ts"
import type { ContainerPort } from "./container.ts"
import type { PodSpec } from "./pod-spec.ts"
import { containersOf } from "./validation/all-containers.ts"

interface Placed {
  readonly port: ContainerPort
  readonly at: FieldPath
}

/** Ports of a pod's containers that get in each other's way. All containers share one network. */
export function warnAboutPorts(spec: PodSpec, path: FieldPath): readonly string[] {
  const all: readonly Placed[] = containersOf(spec, path).flatMap(({ container, at }) =>
    (container.ports ?? []).map((port, index) => ({ port, at: at.child("ports").index(index) })),
  )
  return [...warnAboutNumbers(all), ...warnAboutNames(all)]
}

function warnAboutNumbers(all: readonly Placed[]): readonly string[] {
  const byNumber = new Map<string, Placed[]>()
  return all.flatMap((placed) => {
    const { port, at } = placed
    const key = `${port.containerPort}/${port.protocol}`
    const others = byNumber.get(key) ?? []
    const warnings = others.flatMap((other) => {
      const how = clash(port, other.port)
      return how === undefined ? [] : [`${at}: ${how} port definition with ${other.at}`]
    })
    byNumber.set(key, [...others, placed])
    return [
      ...(port.hostIP && !port.hostPort ? [`${at}: hostIP set without hostPort: ${format(port)}`] : []),
      ...warnings,
    ]
  })
}

function clash(port: ContainerPort, other: ContainerPort): string | undefined {
  const [ip, otherIp] = [port.hostIP ?? "", other.hostIP ?? ""]
  const [number, otherNumber] = [port.hostPort ?? 0, other.hostPort ?? 0]
  if (ip === otherIp && number === otherNumber) return "duplicate"
  if (number === 0 || otherNumber === 0) return "overlapping"
  return number === otherNumber && (ip === "") !== (otherIp === "") ? "dangerously ambiguous" : undefined
}

/** As Go prints a struct. */
function format({ name = "", hostPort = 0, containerPort, protocol, hostIP = "" }: ContainerPort): string {
  return `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`
}

function warnAboutNames(all: readonly Placed[]): readonly string[] {
  const first = new Map<string, FieldPath>()
  return all.flatMap(({ port: { name = "" }, at }) => {
    const other = first.get(name)
    if (name !== "" && other === undefined) first.set(name, at)
    if (other === undefined) return []
    return [
      `${at}: duplicate port name ${quote(name)} with ${other}, services and probes that select ports by name will use ${other}`,
    ]
  })
}
