import { CustomResourceDefinition } from "../api/apiextensions/v1/custom-resource-definition.ts"
import { APIService } from "../api/apiregistration/v1/api-service.ts"
import type { Client } from "../client/client.ts"
import { createClient } from "../client/typed-client.ts"
import { hostPort } from "../machinery/net/host-port.ts"
import type { AnyResource } from "../machinery/schema/resource.ts"
import { MetricsRegistry } from "../platform/metrics-registry.ts"
import type { Platform } from "../platform/platform.ts"
import type { Store } from "../store/store.ts"
import type { AdmissionPlugin, ObjectReader } from "./admission/plugin.ts"
import type { AdmissionSettings } from "./admission/settings.ts"
import { type Aggregator, startAggregator } from "./aggregation/aggregator.ts"
import { type Audit, type AuditSettings, openAudit } from "./audit/audit.ts"
import type { TokenAuthenticator } from "./authentication/authenticator.ts"
import { STANDARD_HEADERS } from "./authentication/request-header.ts"
import type { TokenAuthority } from "./authentication/service-account-token.ts"
import type { AuthorizerChain } from "./authorization/chain.ts"
import type { ControllerRole } from "./authorization/default-roles.ts"
import { ensureDefaultRbac } from "./authorization/ensure-default-rbac.ts"
import { createBack, SELF, storeCheck } from "./back.ts"
import { ensureExtensionAuthentication, keepExtensionAuthentication } from "./bootstrap/extension-authentication.ts"
import { ensureFlowControl } from "./bootstrap/flow-control.ts"
import { ensureSystemObjects, keepSystemObjects } from "./bootstrap/system-objects.ts"
import type { CallHandler } from "./call.ts"
import { converterOf } from "./crd/conversion.ts"
import { createDefinitions, type Definitions } from "./crd/definitions.ts"
import { createDiscovery } from "./discovery/discovery.ts"
import { createVersionHandler, gitVersion, type ServerVersion } from "./discovery/version.ts"
import { enforceFlowControl } from "./flow-control/enforce.ts"
import type { HealthCheck } from "./health/health.ts"
import { createInProcessTransport } from "./in-process.ts"
import { createClusterMetrics } from "./metrics/cluster-metrics.ts"
import { createProtobufEncoder } from "./negotiation/protobuf-encoder.ts"
import { createOpenApi } from "./openapi/openapi.ts"
import type { PathHandlers } from "./request/router.ts"
import type { CollectorOptions } from "./resource-metrics/collector.ts"
import type { ResourceServer, ResourceServerOptions } from "./resources/resource-server.ts"
import { createOpenId, KEY_SET_PATH } from "./reviews/openid.ts"
import type { ServedResources } from "./served/served-resources.ts"
import { type ApiServer, createApiServer } from "./server.ts"
import type { ServiceResolver } from "./service-resolver.ts"
import { createStreamingHandler } from "./streaming/streaming.ts"
import type { WebhookClient } from "./webhook/webhook-client.ts"

/** A whole API server: everything of this component put together over a store. */

export interface KubeApiServerOptions {
  /** Stays open when the server closes. */
  readonly store: Store
  readonly platform: Platform
  /** Every kind that is served. */
  readonly resources: readonly AnyResource[]
  /** Kinds that only subresources take or return. */
  readonly subresourceKinds: readonly AnyResource[]
  /** PEM. */
  readonly pki: ShownCertificates & {
    readonly ca: { readonly cert: string }
    /** Whose certificates proxies show that may vouch for users. */
    readonly frontProxyCa: { readonly cert: string }
    /** Signs tokens. */
    readonly serviceAccount: { readonly privateKey: string }
  }
  /** Where to listen. Port 0 takes any free one. Absent: only this process reaches the server, until `listen` is called. */
  readonly listen?: { readonly host: string; readonly port: number }
  /** An address at which pods reach this server, of the family of the first service range. */
  readonly advertiseAddress: string
  /** Port at that address. Default: the one that is listened on, or 6443. */
  readonly advertisePort?: number
  /** Such as `10.96.0.0/16`; of two, `10.96.0.0/16,fd00:10:96::/112`, the first says which family is the default. */
  readonly serviceCidr: string
  /** Default: `cluster.local`. */
  readonly clusterDomain?: string
  readonly version: ServerVersion
  /** Reach extension servers and webhooks at their endpoints, for machines without a service proxy. Default: at the cluster IP. */
  readonly aggregateToEndpoints?: boolean
  /** Rights of the controllers that are going to run. */
  readonly controllerRoles?: readonly ControllerRole[]
  /** What is read and written of the store beyond plain text, such as encryption. */
  readonly transformerOf?: NonNullable<ResourceServerOptions["transformerOf"]>
  readonly checks?: readonly HealthCheck[]
  /** Of the rest of the control plane, for `kubectl get componentstatuses`. */
  readonly components?: readonly HealthCheck[]
  /** How many requests run at once before others wait; see flow control. Default 600, as in Kubernetes. */
  readonly requestsInFlight?: number
  /** Run after the standard ones. */
  readonly moreAdmission?: readonly AdmissionPlugin[]
  /** Asked about tokens that are neither of service accounts nor of joining machines. */
  readonly tokens?: readonly TokenAuthenticator[]
  /** Who answers other paths than those of resources. */
  readonly morePaths?: PathHandlers
  /** Which requests are recorded, and where. Absent: none. */
  readonly audit?: AuditSettings
  /** Which admission plugins run, and what they are told. */
  readonly admission?: AdmissionSettings
  /** Who decides what users may do. Default: the node authorizer, then RBAC. */
  readonly authorization?: AuthorizerChain
  /** Whether a path needs no identity. Undefined, and absent: only those of health and version need none. */
  readonly isAnonymousPath?: (path: string) => boolean | undefined
  /**
   * Whether clients may show by a certificate who they are, or proxies for whom they ask. Default: true. False is for
   * servers whose CA's key is no secret.
   */
  readonly certificateLogins?: boolean
  /** What a kubelet tells at `/metrics/resource`. Default: it is asked over HTTPS. */
  readonly askForUsage?: CollectorOptions["ask"]
  /** See `ApiServerOptions.intercept`. */
  readonly intercept?: (handler: CallHandler) => CallHandler
}

/** What a server shows others, in PEM. */
export interface ShownCertificates {
  /** To clients. */
  readonly serving: KeyPair
  readonly kubeletClient: KeyPair
  /** To extension servers, to which it is a proxy that vouches for users. */
  readonly frontProxyClient: KeyPair
}
interface KeyPair {
  readonly cert: string
  readonly key: string
}

export interface KubeApiServer {
  /** 0 until it listens. */
  readonly port: number
  /** Begins to accept connections. Rejects when the port is taken. Port 0 takes any free one. */
  listen(port: number, host?: string): Promise<{ readonly host: string; readonly port: number }>
  /** Where in-process clients enter; see `createInProcessTransport`. */
  readonly call: CallHandler
  /** May do everything. */
  readonly client: Client
  readonly reader: ObjectReader
  readonly metrics: MetricsRegistry
  /** Shows others than those it was started with, on new connections. */
  useCertificates(certificates: ShownCertificates): void
  /** Lets running requests finish for `graceMs`, then ends them. */
  close(graceMs?: number): Promise<void>
}

/** Resolves when the server is ready: it listens, and what every cluster has from the beginning is there. */
export async function startKubeApiServer(options: KubeApiServerOptions): Promise<KubeApiServer> {
  const { platform, store } = options
  let ready = false
  let aggregator: Aggregator | undefined
  const requestHeader = { ...STANDARD_HEADERS, ca: options.pki.frontProxyCa.cert }
  const metrics = new MetricsRegistry()
  const audit = options.audit && openAudit(options.audit, platform, metrics)
  let shown: ShownCertificates = options.pki
  const kubelet = () => ({ ca: options.pki.ca.cert, ...shown.kubeletClient })
  let { host, port } = options.listen ?? { host: "127.0.0.1", port: 0 }
  const self = () => ({ host: host === "0.0.0.0" ? "127.0.0.1" : host, port })
  const certificates = options.certificateLogins ?? true
  const made = createBack(options, metrics, self, kubelet)
  const { back, authorizer, authority, tokens, webhooks, resolve, collector } = made
  const advertisePort = () => options.advertisePort ?? (port || ADVERTISED_PORT)
  const definitions = define(options, back, webhooks)
  await back.start()
  let api: ApiServer | undefined
  try {
    await definitions?.start()
    api = createApiServer({
      platform,
      metrics,
      serving: options.pki.serving,
      clientCa: certificates ? [options.pki.ca.cert] : [],
      ...(certificates && { requestHeader }),
      tokens: [authority.authenticate, ...tokens],
      isAnonymousPath: options.isAnonymousPath,
      intercept: options.intercept,
      authorizer,
      audit,
      ...enforceFlowControl(options, back, metrics, SELF),
      foreign: (info) => back.served.foreignHandler(info),
      resources: back.handle,
      streaming: createStreamingHandler({
        reader: back.reader,
        admission: back.admission,
        random: platform.random,
        clock: platform.clock,
        kubelet,
      }),
      paths: pathsOf(options, back.served, authority, advertisePort),
      // As in Kubernetes, under the names that its tools look for.
      checks: [
        storeCheck(store),
        { name: "poststarthook/rbac/bootstrap-roles", check: () => ready },
        { name: "autoregister-completion", check: () => ready && (aggregator?.isRegistered ?? true) },
        ...(options.checks ?? []),
      ],
      protobuf: createProtobufEncoder([...options.resources, ...options.subresourceKinds]),
    })
    createClusterMetrics(metrics, { served: back.served, reader: back.reader, version: options.version })
    const server = api
    const listen = async (wanted: number, at?: string) => {
      ;({ host, port } = await server.listen(wanted, at))
      return { host, port }
    }
    if (options.listen !== undefined) await listen(port, host)
    const client = createClient(createInProcessTransport(api.call, SELF), { fieldManager: "kube-apiserver" })
    const system = {
      advertise: { address: options.advertiseAddress, port: advertisePort() },
      serviceCidrs: options.serviceCidr.split(","),
    }
    await ensureSystemObjects(client, system)
    const extensions = { clientCa: options.pki.ca.cert, requestHeader }
    await ensureExtensionAuthentication(client, extensions, platform.clock)
    await ensureFlowControl(client)
    await ensureDefaultRbac(client, options.controllerRoles)
    aggregator = aggregate(options, back, client, metrics, resolve, () => shown.frontProxyClient)
    await aggregator?.known
    ready = true
    const { call, setCertificate } = api
    const useCertificates = (certificates: ShownCertificates) => {
      shown = certificates
      setCertificate(shown.serving.cert, shown.serving.key)
    }
    const kept = [
      keepSystemObjects(client, system, platform),
      keepExtensionAuthentication(client, extensions, platform),
    ]
    const close = closer(api, back, [definitions, aggregator, collector, ...kept], webhooks, audit)
    return {
      get port() {
        return port
      },
      listen,
      call,
      client,
      reader: back.reader,
      metrics,
      useCertificates,
      close,
    }
  } catch (error) {
    aggregator?.close()
    collector.close()
    definitions?.close()
    await api?.close(0)
    back.close()
    await audit?.close()
    throw error
  }
}

/** Where servers are that do not listen. */
const ADVERTISED_PORT = 6443

/** Servers without that kind, as in tests, have no other servers behind them. */
function aggregate(
  { platform }: KubeApiServerOptions,
  { served, reader }: ResourceServer,
  client: Client,
  metrics: MetricsRegistry,
  resolve: ServiceResolver,
  certificate: () => KeyPair,
): Aggregator | undefined {
  if (!served.builtin.includes(APIService)) return undefined
  return startAggregator({ client, reader, served, resolve, certificate, platform, metrics })
}

/** Servers without that kind have no custom resources. */
function define(
  { platform }: KubeApiServerOptions,
  { served, more, handle }: ResourceServer,
  webhooks: WebhookClient,
): Definitions | undefined {
  if (!served.builtin.includes(CustomResourceDefinition)) return undefined
  const client = createClient(createInProcessTransport(handle, SELF), { fieldManager: "kube-apiserver" })
  const converters = { webhooks, random: platform.random }
  return createDefinitions({ client, more, platform, converterOf: (definition) => converterOf(definition, converters) })
}

function closer(
  api: ApiServer,
  back: ResourceServer,
  parts: readonly ({ close(): void } | undefined)[],
  webhooks: WebhookClient,
  audit: Audit | undefined,
) {
  return async (graceMs?: number): Promise<void> => {
    for (const part of parts) part?.close()
    // Watches end first: they would keep the server waiting for all of the grace.
    const closed = api.close(graceMs)
    back.close()
    await closed
    webhooks.close()
    await audit?.close()
  }
}

function pathsOf(
  options: KubeApiServerOptions,
  served: ServedResources,
  authority: TokenAuthority,
  advertisePort: () => number,
) {
  const { platform, subresourceKinds, version } = options
  const address = () => hostPort({ host: options.advertiseAddress, port: advertisePort() })
  return new Map([
    ...createDiscovery({ served, serverAddress: address }),
    ...createOpenApi({ served, subresourceKinds, gitVersion: gitVersion(version), clock: platform.clock }),
    ...createOpenId({ authority, keySetUri: () => `https://${address()}${KEY_SET_PATH}` }),
    ["/version", createVersionHandler(version)],
    ...(options.morePaths ?? []),
  ])
}
