import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Client } from "../../client/client.ts"
import { createClient } from "../../client/typed-client.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { createMemoryStore } from "../../store/memory/memory-store.ts"
import type { UserInfo } from "../call.ts"
import { createInProcessTransport } from "../in-process.ts"
import type { KubeApiServer, KubeApiServerOptions } from "../kube-apiserver.ts"
import { startTestKubeApiServer, testPki } from "../testing/kube-apiserver.ts"

/** A whole API server, for the tests of what users configure. */
export interface TestApi {
  readonly server: KubeApiServer
  /** As `user`, who may do everything. */
  readonly client: Client
  /** What the server warned `user` of. */
  readonly warnings: string[]
  close(): Promise<void>
}

export const TEST_USER: UserInfo = {
  name: "ada",
  uid: "7",
  groups: ["system:masters"],
  extra: new Map([["team", ["blue"]]]),
}

export async function startTestApi(
  user: UserInfo = TEST_USER,
  options: Pick<KubeApiServerOptions, "admission"> = {},
): Promise<TestApi> {
  // Failures of webhooks are what these tests are about; they need not be logged.
  const platform = createNodePlatform({ logLevel: "error" })
  const dir = mkdtempSync(join(tmpdir(), `gantry-admission-${process.pid}-`))
  const store = createMemoryStore({ platform })
  const server = await startTestKubeApiServer({
    store,
    platform,
    pki: testPki(dir, platform),
    ...options,
  })
  const warnings: string[] = []
  const transport = createInProcessTransport(server.call, user, { warn: (text) => warnings.push(text) })
  return {
    server,
    client: createClient(transport, { fieldManager: "tester" }),
    warnings,
    close: async () => {
      await server.close(100)
      await store.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
