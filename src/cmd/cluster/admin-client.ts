import { join } from "node:path"
import type { Client } from "../../client/client.ts"
import { createHttpsTransport } from "../../client/https/https-transport.ts"
import { createClient } from "../../client/typed-client.ts"
import type { Platform } from "../../platform/platform.ts"
import { layoutOf } from "./layout.ts"
import type { ClusterRecord } from "./record.ts"

/** The client of commands that ask the server something, as the cluster's administrator. */
export function adminClient(
  record: ClusterRecord,
  platform: Platform,
): { client: Client; close(): void | Promise<void> } {
  const file = (name: string) => ({ file: join(layoutOf(record).pkiDir, name) })
  const transport = createHttpsTransport({
    server: `https://127.0.0.1:${record.apiPort}`,
    ca: file("ca.crt"),
    cert: file("admin.crt"),
    key: file("admin.key"),
    platform,
    userAgent: "gantry/command",
  })
  return { client: createClient(transport, { fieldManager: "gantry" }), close: () => transport.close() }
}
