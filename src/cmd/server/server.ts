import { mkdirSync } from "node:fs"
import { dirname } from "node:path"
import { builtinResources } from "../../api/all.ts"
import { standardAdmission } from "../../apiserver/admission/standard.ts"
import { NODE_PORTS_DEFAULT, serviceBehavior } from "../../apiserver/allocation/service-addresses.ts"
import { createTokenAuthority } from "../../apiserver/authentication/service-account-token.ts"
import { ensureDefaultRbac } from "../../apiserver/authorization/ensure-default-rbac.ts"
import { createNodeAuthorizer } from "../../apiserver/authorization/node-authorizer.ts"
import { createRbacAuthorizer } from "../../apiserver/authorization/rbac-authorizer.ts"
import { createUnionAuthorizer, mastersAuthorizer } from "../../apiserver/authorization/union.ts"
import { ensureSystemObjects } from "../../apiserver/bootstrap/system-objects.ts"
import { createInProcessTransport } from "../../apiserver/in-process.ts"
import { createResourceServer } from "../../apiserver/resources/resource-server.ts"
import { createApiServer } from "../../apiserver/server.ts"
import { createStreamingHandler } from "../../apiserver/streaming/streaming.ts"
import { UserError } from "../../cli/user-error.ts"
import { createClient } from "../../client/typed-client.ts"
import type { Platform } from "../../platform/platform.ts"
import { openSqliteStore } from "../../store/sqlite/sqlite-store.ts"
import { hostAddress } from "../cluster/addresses.ts"
import { ensureClusterPki } from "../cluster/cluster-pki.ts"
import { layoutOf } from "../cluster/layout.ts"
import type { ClusterRecord } from "../cluster/record.ts"
import { startControlPlane } from "./control-plane.ts"
import { controllerDefinitions } from "./controller-definitions.ts"
import { controllerRole } from "./controller-role.ts"
import { tokenLookup } from "./token-lookup.ts"

export interface RunningServer {
  /** Lets running requests finish for `graceMs`, then ends everything. What was acknowledged is on disk. */
  close(graceMs: number): Promise<void>
}

/** The whole control plane of a cluster in this process. Resolves when it serves. */
export async function startServer(record: ClusterRecord, platform: Platform): Promise<RunningServer> {
  const layout = layoutOf(record)
  const pki = ensureClusterPki(record, platform)
  mkdirSync(dirname(layout.storeFile), { recursive: true, mode: 0o711 })
  const store = await openSqliteStore({ path: layout.storeFile, platform })
  const { serviceCidr, podCidr } = layout
  const back = createResourceServer({
    store,
    platform,
    resources: builtinResources,
    admission: standardAdmission,
    behaviors: (reader) => [serviceBehavior(reader, { serviceCidr, nodePorts: NODE_PORTS_DEFAULT }, platform.random)],
  })
  await back.start()
  const { reader } = back
  const tokens = createTokenAuthority({
    signingKey: pki.serviceAccount.privateKey,
    issuer: `https://kubernetes.default.svc.${layout.clusterDomain}`,
    lookup: tokenLookup(reader),
    platform,
  })
  const api = createApiServer({
    platform,
    serving: pki.serving,
    clientCa: [pki.ca.cert],
    tokens: [tokens.authenticate],
    authorizer: createUnionAuthorizer([mastersAuthorizer, createNodeAuthorizer(reader), createRbacAuthorizer(reader)]),
    resources: back.handle,
    streaming: createStreamingHandler({
      reader,
      random: platform.random,
      kubelet: { ca: pki.ca.cert, cert: pki.kubeletClient.cert, key: pki.kubeletClient.key },
    }),
    paths: new Map(),
    checks: [],
  })
  const settings = { resources: builtinResources, caPem: pki.ca.cert, podCidr }
  const admin = { name: "system:apiserver", groups: ["system:masters", "system:authenticated"], extra: new Map() }
  const client = createClient(createInProcessTransport(api.call, admin), { fieldManager: "kube-apiserver" })
  await ensureSystemObjects(client, { advertise: { address: hostAddress(record), port: record.apiPort }, serviceCidr })
  await ensureDefaultRbac(client, controllerDefinitions(settings).map(controllerRole))
  await listen(api, record.apiPort)
  const abort = new AbortController()
  const plane = startControlPlane({ ...settings, call: api.call, platform, signal: abort.signal })
  await plane.scheduler.ready
  platform.log.info("serving", { port: record.apiPort })
  return {
    async close(graceMs) {
      abort.abort()
      await plane.stopped
      await api.close(graceMs)
      back.close()
      await store.close()
    },
  }
}

async function listen(api: { listen(port: number, host: string): Promise<unknown> }, port: number): Promise<void> {
  try {
    await api.listen(port, "0.0.0.0")
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error
    throw new UserError(`port ${port} is in use by another program. Stop it, or choose another port with --api-port.`)
  }
}
