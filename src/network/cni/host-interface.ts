import { createHash } from "node:crypto"

/** The same for the same sandbox, so that it can be removed by whoever knows only the sandbox's id. */
export function hostInterfaceOf(network: string, sandboxId: string): string {
  const digest = createHash("sha256").update(sandboxId).digest("hex")
  return `${hostInterfacePrefix(network)}${digest.slice(0, 8)}`
}

/** Seven characters that tell the pods' interfaces of one network from those of another on the same machine. */
export function hostInterfacePrefix(network: string): string {
  return `gv${createHash("sha256").update(network).digest("hex").slice(0, 4)}-`
}
