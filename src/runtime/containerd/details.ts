import type { StringMap } from "../sandbox.ts"

/** What runtimes tell besides CRI, to those who ask for everything. */
export interface Details {
  /** Of a container; empty: it is not told. */
  readonly sandboxId: string
  /** 0: it is not told. */
  readonly pid: number
  /** Empty: it is not told. */
  readonly netnsPath: string
  /** Undefined: it is not told. */
  readonly hasTerminal: boolean | undefined
  readonly warnings: readonly string[]
}

interface Told {
  readonly sandboxID?: unknown
  readonly pid?: unknown
  readonly netnsPath?: unknown
  readonly warnings?: unknown
  readonly runtimeSpec?: {
    readonly process?: { readonly terminal?: unknown } | null
    readonly linux?: { readonly namespaces?: readonly { readonly type?: string; readonly path?: string }[] | null }
  } | null
}

/** Reads the `info` of a verbose answer, which is JSON in containerd, CRI-O and Gantry's own runtime. */
export function detailsOf(info: StringMap = {}): Details {
  const { netnsPath, pid, runtimeSpec, sandboxID, warnings } = parse(info["info"])
  const namespaces = runtimeSpec?.linux?.namespaces ?? []
  const process = runtimeSpec?.process
  return {
    sandboxId: typeof sandboxID === "string" ? sandboxID : "",
    pid: typeof pid === "number" ? pid : 0,
    netnsPath:
      typeof netnsPath === "string" ? netnsPath : (namespaces.find(({ type }) => type === "network")?.path ?? ""),
    hasTerminal: process ? process.terminal === true : undefined,
    warnings: Array.isArray(warnings) ? warnings.map(String) : [],
  }
}

function parse(text: string | undefined): Told {
  if (text === undefined) return {}
  try {
    return (JSON.parse(text) ?? {}) as Told
  } catch {
    // Another runtime may say it in words.
    return {}
  }
}
