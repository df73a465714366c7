import { hostname } from "node:os"
import { builtinResources, resourceMetrics, subresourceKinds } from "../../api/all.ts"
import { Secret } from "../../api/core/v1/secret.ts"
import { readAdmissionConfiguration } from "../../apiserver/admission/configuration.ts"
import type { AdmissionSettings } from "../../apiserver/admission/settings.ts"
import { type AuditSettings, AuditSettingsError } from "../../apiserver/audit/audit.ts"
import {
  type AuthenticationFile,
  openAuthenticationFile,
} from "../../apiserver/authentication/jwt/authentication-file.ts"
import { type KubeApiServer, type KubeApiServerOptions, startKubeApiServer } from "../../apiserver/kube-apiserver.ts"
import { UserError } from "../../cli/user-error.ts"
import { familyOf } from "../../machinery/net/cidr.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import type { Platform } from "../../platform/platform.ts"
import type { Store } from "../../store/store.ts"
import { hostAddresses } from "../cluster/addresses.ts"
import { inRegistry } from "../cluster/cluster-lock.ts"
import { ensureClusterPki } from "../cluster/cluster-pki.ts"
import { keepCertificates } from "../cluster/keep-certificates.ts"
import { renewCredentials } from "../cluster/kubeconfig-entry.ts"
import { type ClusterLayout, layoutOf } from "../cluster/layout.ts"
import type { ClusterRecord } from "../cluster/record.ts"
import { gantryVersion, KUBERNETES_VERSION } from "../version.ts"
import { openAccess } from "./access.ts"
import { type ControlPlane, startControlPlane } from "./control-plane.ts"
import { type ControllerSettings, controllerDefinitions } from "./controller-definitions.ts"
import { controllerRole } from "./controller-role.ts"
import { createDecisionsHandler, DECISIONS_PATH } from "./decisions-path.ts"
import type { ServerOptions } from "./flags.ts"
import { giveLocalClass } from "./local-class.ts"
import { remoteNodeVolumes } from "./node-volumes.ts"
import type { OpenedStore } from "./open-store.ts"
import { createRotation, ROTATION_PATH } from "./rotation-path.ts"
import { secretEncryption } from "./secret-encryption.ts"
import { policiesOfPlugins, withoutEffect } from "./without-effect.ts"
import { zPaths } from "./z-paths.ts"

export interface RunningServer {
  /** Lets running requests finish for `graceMs`, then ends everything. What was acknowledged is on disk. */
  close(graceMs: number): Promise<void>
}

/** The whole control plane of a cluster in this process. Resolves when it serves. Closes the store at its end. */
export async function startServer(
  record: ClusterRecord,
  { store, isNew }: OpenedStore,
  platform: Platform,
  { authenticationFile, audit, access: accessSettings = {}, admission, schedulerConfigFile }: ServerOptions = {},
): Promise<RunningServer> {
  const layout = layoutOf(record)
  const schedulerConfig =
    schedulerConfigFile &&
    (await import("./scheduler-config.ts")).readSchedulerConfig(schedulerConfigFile, platform.log)
  const pki = ensureClusterPki(record, platform)
  const encryption = secretEncryption(layout.pkiDir, store, platform, isNew)
  const rotation = createRotation(encryption, platform.log)
  const podCidr = layout.ranges.map((each) => each.podCidr).join()
  const loadBalancerPool = layout.ranges.map((each) => each.loadBalancerPool).join()
  let shown = pki
  const nodeVolumes = remoteNodeVolumes(platform, () => ({ ca: pki.ca.cert, ...shown.kubeletClient }))
  const settings = {
    resources: builtinResources,
    ca: pki.ca,
    serviceAccount: pki.serviceAccount,
    podCidr,
    loadBalancerPool,
    nodeVolumes,
  }
  const others = authenticationFile === undefined ? undefined : openAuthentication(authenticationFile, layout, platform)
  const access = openAccess(accessSettings, issuerOf(layout), platform)
  const authentication = {
    tokens: [...(others ? [others.authenticate] : []), ...access.tokens],
    ...(others && { isAnonymousPath: others.isAnonymousPath }),
    ...(access.authorization && { authorization: access.authorization }),
  }
  let plane: ControlPlane | undefined
  // In one process: they are well as long as they run at all.
  const components = ["controller-manager", "scheduler"].map((name) => ({ name, check: () => plane !== undefined }))
  const api = await serve(record, store, platform, pki, {
    ...settings,
    ...authentication,
    ...(admission && { admission: configured(admission) }),
    ...(audit && { audit }),
    transformerOf: encryption.transformerOf,
    morePaths: new Map([
      [ROTATION_PATH, rotation.handle],
      [DECISIONS_PATH, createDecisionsHandler(() => plane?.decisions)],
      ...zPaths(record, platform.clock),
    ]),
    components,
  })
  // A fresh read waits for everything that is stored.
  rotation.ready(async () => void (await api.reader.getFresh(Secret, "default", "any")))
  const abort = new AbortController()
  const identity = `${hostname()}_${record.name}`
  plane = startControlPlane({
    ...settings,
    ...(schedulerConfig && { schedulerConfig }),
    identity,
    call: api.call,
    platform,
    signal: abort.signal,
  })
  await Promise.all([plane.ready, giveLocalClass(api.client, platform.log)])
  const kept = keepCertificates({
    current: pki,
    ensure: () => inRegistry(platform.clock, () => ensureClusterPki(record, platform)),
    use: (now, before) => {
      api.useCertificates(now)
      shown = now
      if (now.admin.cert !== before.admin.cert) renewCredentials(record)
    },
    platform,
    signal: abort.signal,
  })
  platform.log.info("serving", { port: api.port })
  return {
    async close(graceMs) {
      abort.abort()
      await Promise.all([plane?.stopped, kept])
      await api.close(graceMs)
      others?.close()
      access.close()
      await store.close()
    },
  }
}

/** Throws when the file is missing or not valid: a server that forgets whom to trust must not start. */
function openAuthentication(file: string, layout: ClusterLayout, platform: Platform): AuthenticationFile {
  try {
    const disallowedIssuers = [issuerOf(layout)]
    return openAuthenticationFile({ file, disallowedIssuers, platform })
  } catch (error) {
    throw new UserError(`--authentication-config: ${messageOf(error)}`)
  }
}

function configured({ configFile, ...names }: NonNullable<ServerOptions["admission"]>): AdmissionSettings {
  if (configFile === undefined) return names
  try {
    return { ...names, plugins: readAdmissionConfiguration(configFile) }
  } catch (error) {
    throw new UserError(`--admission-control-config-file: ${messageOf(error)}`)
  }
}

/** Of this server's own tokens; also whom tokens are for. */
const issuerOf = ({ clusterDomain }: ClusterLayout) => `https://kubernetes.default.svc.${clusterDomain}`

const AUDIT_FLAGS: Readonly<Record<keyof AuditSettings, string>> = {
  policyFile: "--audit-policy-file",
  log: "--audit-log-path",
  webhook: "--audit-webhook-config-file",
}

async function serve(
  record: ClusterRecord,
  store: Store,
  platform: Platform,
  pki: ReturnType<typeof ensureClusterPki>,
  settings: ControllerSettings &
    Pick<
      KubeApiServerOptions,
      | "transformerOf"
      | "components"
      | "morePaths"
      | "tokens"
      | "isAnonymousPath"
      | "audit"
      | "authorization"
      | "admission"
    >,
): Promise<KubeApiServer> {
  const { apiPort: port } = record
  const { ranges, clusterDomain } = layoutOf(record)
  const serviceCidr = ranges.map((each) => each.serviceCidr).join()
  const hasIpv6 = ranges.some(({ podCidr }) => familyOf(podCidr) === "IPv6")
  try {
    return await startKubeApiServer({
      store,
      platform,
      resources: [...builtinResources, ...resourceMetrics],
      subresourceKinds,
      pki,
      listen: { host: hasIpv6 ? "::" : "0.0.0.0", port },
      advertiseAddress: hostAddresses(record)[0],
      serviceCidr,
      clusterDomain,
      version: { kubernetes: KUBERNETES_VERSION, program: gantryVersion() },
      moreAdmission: [withoutEffect, ...(record.cni ? [policiesOfPlugins] : [])],
      ...(settings.transformerOf && { transformerOf: settings.transformerOf }),
      ...(settings.components && { components: settings.components }),
      ...(settings.tokens && { tokens: settings.tokens }),
      ...(settings.admission && { admission: settings.admission }),
      ...(settings.authorization && { authorization: settings.authorization }),
      ...(settings.isAnonymousPath && { isAnonymousPath: settings.isAnonymousPath }),
      ...(settings.audit && { audit: settings.audit }),
      ...(settings.morePaths && { morePaths: settings.morePaths }),
      controllerRoles: controllerDefinitions(settings).map(controllerRole),
    })
  } catch (error) {
    if (error instanceof AuditSettingsError) {
      throw new UserError(`${AUDIT_FLAGS[error.setting]}: ${error.message}`, { cause: error })
    }
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error
    throw new UserError(`port ${port} is in use by another program. Stop it, or choose another port with --api-port.`)
  }
}
