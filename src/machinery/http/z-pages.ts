import { onFirstUse } from "../../platform/on-first-use.ts"
import { notAcceptable } from "../status/errors.ts"
import { parseAccept } from "./accept-header.ts"

/**
 * The pages by which a component of Kubernetes tells people what it is: `/statusz` and `/flagz`, as text or as objects of
 * `config.k8s.io`. https://kubernetes.io/docs/reference/instrumentation/zpages/
 */
export interface ZPage {
  readonly kind: "Statusz" | "Flagz"
  /** Such as `kubelet`. */
  readonly component: string
  /** The members of the object besides its type and name. */
  readonly members: object
  /** The lines below the heading. */
  readonly lines: string
}

export interface ZPageAnswer {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

const yaml = onFirstUse<typeof import("yaml")>("yaml")
/** In the order in which they are chosen where the client does not care. */
const types = ["application/json", "application/yaml", "text/plain"] as const
const versions = new Set(["v1beta1", "v1alpha1"])
const GROUP = "config.k8s.io"

/** Throws a 406 when the client wants none of what there is. */
export function answerZPage(page: ZPage, accept: string | undefined): ZPageAnswer {
  const chosen = choose(page.kind, accept ?? "")
  const { component, kind, lines, members } = page
  if (chosen.type === "text/plain") {
    const warning =
      "Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only."
    const text = `\n${component} ${kind.toLowerCase()}\n${warning}\n${lines}`
    return { headers: { "content-type": "text/plain; charset=utf-8" }, body: Buffer.from(text) }
  }
  const { type, version } = chosen
  const object = { kind, apiVersion: `${GROUP}/${version}`, metadata: { name: component }, ...members }
  const text = type === "application/json" ? `${JSON.stringify(object)}\n` : yaml().stringify(object)
  const old = `299 - "This version of the ${kind.toLowerCase()} endpoint is deprecated. Please use a newer version."`
  const headers = { "content-type": type, ...(version === "v1alpha1" && { warning: old }) }
  return { headers, body: Buffer.from(text) }
}

type Chosen =
  | { readonly type: "text/plain" }
  | { readonly type: "application/json" | "application/yaml"; readonly version: string }

function choose(kind: string, accept: string): Chosen {
  if (accept.trim() === "") return { type: "text/plain" }
  for (const { parameters, type: asked } of parseAccept(accept)) {
    const value = (name: string) => parameters.get(name) ?? ""
    const [as, group, version] = [value("as"), value("g"), value("v")]
    const isPlain = as === "" && group === "" && version === ""
    const isObject = as === kind && group === GROUP && versions.has(version)
    if (value("stream") !== "" || value("sv") !== "") continue
    for (const type of types) {
      if (asked !== type && asked !== `${type.split("/", 1)[0]}/*` && asked !== "*/*") continue
      if (type === "text/plain") {
        if (isPlain) return { type }
      } else if (isObject) return { type, version }
    }
  }
  throw notAcceptable(types)
}

/** What `/statusz` says. `paths`: of the pages that help to find out what is wrong. */
export function statusPage(
  component: string,
  version: string,
  process: { readonly startMs: number; readonly nowMs: number; readonly paths: readonly string[] },
): ZPage {
  const { nowMs, paths, startMs } = process
  const seconds = Math.max(0, Math.trunc((nowMs - startMs) / 1000))
  const two = (value: number) => String(Math.trunc(value)).padStart(2, "0")
  const up = `${Math.trunc(seconds / 3600)} hr ${two((seconds / 60) % 60)} min ${two(seconds % 60)} sec`
  const binary = version.replace(/^v/, "")
  const emulated = binary.split(".").slice(0, 2).join(".")
  return {
    kind: "Statusz",
    component,
    members: {
      startTime: new Date(startMs).toISOString().replace(/\.\d+/, ""),
      uptimeSeconds: seconds,
      // It is written in another language.
      goVersion: "",
      binaryVersion: binary,
      emulationVersion: emulated,
      paths,
    },
    lines: `
Started: ${unixDate(startMs)}
Up: ${up}
Binary version: ${binary}
Emulation version: ${emulated}
Paths: ${paths.join(" ")}
`,
  }
}

/** `Sun Nov 22 01:53:18 UTC 2026` */
function unixDate(ms: number): string {
  const [day = "", date = "", month = "", year = "", time = ""] = new Date(ms).toUTCString().replace(",", "").split(" ")
  return `${day} ${month} ${String(Number(date)).padStart(2)} ${time} UTC ${year}`
}

/** What `/flagz` says: the flags that a component was started with. */
export function flagsPage(component: string, flags: ReadonlyMap<string, string>): ZPage {
  const sorted = [...flags].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    kind: "Flagz",
    component,
    members: { flags: Object.fromEntries(sorted) },
    lines: sorted.map(([name, value]) => `${name}: ${value}\n`).join(""),
  }
}
