import { builtinResources, subresourceKinds } from "../../api/all.ts"
import { ensurePki, type Pki } from "../../pki/pki.ts"
import type { Platform } from "../../platform/platform.ts"
import { type KubeApiServer, type KubeApiServerOptions, startKubeApiServer } from "../kube-apiserver.ts"

/** Whole API servers with real TLS, for tests. */

export function testPki(dir: string, platform: Pick<Platform, "clock" | "random">): Pki {
  return ensurePki({ dir, platform, clusterName: "test", apiAddresses: [], serviceIp: "10.96.0.1" })
}

/** Listens on a free port of loopback. `options`: what the test needs otherwise. */
export function startTestKubeApiServer(
  options: Pick<KubeApiServerOptions, "store" | "platform" | "pki"> & Partial<KubeApiServerOptions>,
): Promise<KubeApiServer> {
  return startKubeApiServer({
    resources: builtinResources,
    subresourceKinds,
    listen: { host: "127.0.0.1", port: 0 },
    advertiseAddress: "192.0.2.1",
    serviceCidr: "10.96.0.0/16",
    version: { kubernetes: "v1.36.0", program: "0.0.0" },
    ...options,
  })
}
