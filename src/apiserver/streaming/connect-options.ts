import {
  NodeProxyOptions,
  PodAttachOptions,
  PodExecOptions,
  PodPortForwardOptions,
  PodProxyOptions,
  ServiceProxyOptions,
} from "../../api/core/v1/pod-options.ts"
import type { AnyStruct } from "../../machinery/schema/schema.ts"
import type { ObjectKind } from "../admission/plugin.ts"
import type { ApiCall } from "../call.ts"
import type { DraftObject } from "../resources/draft.ts"

/** What admission sees of a connection: its parameters as an object, such as PodExecOptions. */
export interface ConnectOptions {
  readonly kind: ObjectKind
  readonly object: DraftObject
}

const kind = (name: string, of: AnyStruct): ObjectKind => ({ group: "", version: "v1", kind: name, struct: of })

const KINDS: ReadonlyMap<string, ObjectKind> = new Map([
  ["pods/exec", kind("PodExecOptions", PodExecOptions)],
  ["pods/attach", kind("PodAttachOptions", PodAttachOptions)],
  ["pods/portforward", kind("PodPortForwardOptions", PodPortForwardOptions)],
  ["pods/proxy", kind("PodProxyOptions", PodProxyOptions)],
  ["services/proxy", kind("ServiceProxyOptions", ServiceProxyOptions)],
  ["nodes/proxy", kind("NodeProxyOptions", NodeProxyOptions)],
])

/** Undefined for what is no connection in the eyes of admission, such as reading a log. */
export function connectOptions({ info, query }: ApiCall): ConnectOptions | undefined {
  const kind = KINDS.get(`${info.resource}/${info.verb === "proxy" ? "proxy" : info.subresource}`)
  if (kind === undefined) return undefined
  const object: Record<string, unknown> = { kind: kind.kind, apiVersion: "v1" }
  if (kind.struct.members.has("path")) {
    if (info.rest !== "") object["path"] = info.rest
  } else if (kind.struct.members.has("ports")) {
    const ports = query
      .getAll("ports")
      .flatMap((text) => text.split(","))
      .map(Number)
    if (ports.length > 0) object["ports"] = ports
  } else {
    for (const flag of ["stdin", "stdout", "stderr", "tty"]) if (isTrue(query.get(flag))) object[flag] = true
    const name = query.get("container")
    if (name) object["container"] = name
    const command = query.getAll("command")
    if (command.length > 0 && kind.struct.members.has("command")) object["command"] = command
  }
  return { kind, object: object as unknown as DraftObject }
}

const isTrue = (value: string | null) => value !== null && value !== "0" && value.toLowerCase() !== "false"
