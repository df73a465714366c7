import { onFirstUse } from "../../platform/on-first-use.ts"
import type { RegistryClient, RegistryClientOptions } from "./client.ts"

const client = onFirstUse<typeof import("./client.ts")>("./client.ts", import.meta.url)

/** The registries that a store pulls from and pushes to. Many a machine never asks one: nothing is loaded before. */
export function createRegistries(options: RegistryClientOptions): Pick<RegistryClient, "close" | "repository"> {
  let opened: RegistryClient | undefined
  return {
    repository(ref, credentials, actions) {
      opened ??= new (client().RegistryClient)(options)
      return opened.repository(ref, credentials, actions)
    },
    close: () => opened?.close(),
  }
}
