import { Secret } from "../api/core/v1/secret.ts"
import type { Client } from "../client/client.ts"
import { createClient } from "../client/typed-client.ts"
import { MetricsRegistry } from "../platform/metrics-registry.ts"
import type { Store } from "../store/store.ts"
import { dynamicAdmission } from "./admission/dynamic.ts"
import type { ServedKinds } from "./admission/matching/served-kinds.ts"
import type { AdmissionPlugin, ObjectReader } from "./admission/plugin.ts"
import { resourceQuota } from "./admission/plugins/resource-quota.ts"
import { alwaysDeny, standardAdmission, withoutDisabled } from "./admission/standard.ts"
import { NODE_PORTS_DEFAULT, serviceBehavior } from "./allocation/service-addresses.ts"
import type { TokenAuthenticator } from "./authentication/authenticator.ts"
import { createBootstrapTokenAuthenticator } from "./authentication/bootstrap-token.ts"
import { createLegacyTokenAuthenticator } from "./authentication/legacy-token.ts"
import { createTokenAuthority, type TokenAuthority } from "./authentication/service-account-token.ts"
import { rbacEscalation } from "./authorization/escalation.ts"
import { createNodeAuthorizer } from "./authorization/node-authorizer.ts"
import { createRbacAuthorizer, type RbacAuthorizer } from "./authorization/rbac-authorizer.ts"
import { createUnionAuthorizer, mastersAuthorizer } from "./authorization/union.ts"
import type { Authorizer, UserInfo } from "./call.ts"
import { definitionBehavior } from "./crd/finalize.ts"
import { noNewObjects } from "./crd/no-new-objects.ts"
import { createComponentStatuses } from "./health/component-statuses.ts"
import type { HealthCheck } from "./health/health.ts"
import { createInProcessTransport } from "./in-process.ts"
import type { KubeApiServerOptions } from "./kube-apiserver.ts"
import { askKubelet, type KubeletTls } from "./resource-metrics/ask-kubelet.ts"
import { type Collector, createCollector } from "./resource-metrics/collector.ts"
import { createResourceMetrics } from "./resource-metrics/resource-metrics.ts"
import { createResourceServer, type ResourceServer } from "./resources/resource-server.ts"
import { createReviews } from "./reviews/reviews.ts"
import { createTokenLookup } from "./reviews/token-lookup.ts"
import { createServiceResolver, type ServiceAddress, type ServiceResolver } from "./service-resolver.ts"
import { createWebhookClient, type WebhookClient } from "./webhook/webhook-client.ts"

/** Who this server is to itself. */
export const SELF: UserInfo = {
  name: "system:apiserver",
  groups: ["system:masters", "system:authenticated"],
  extra: new Map(),
}

export function storeCheck(store: Store): HealthCheck {
  return { name: "etcd", check: async () => (await store.revision()) >= 0 }
}

/** The part of the server behind the network side. */
export interface Back {
  readonly back: ResourceServer
  readonly authorizer: Authorizer
  readonly authority: TokenAuthority
  /** Who knows other tokens than those of service accounts. */
  readonly tokens: readonly TokenAuthenticator[]
  readonly webhooks: WebhookClient
  readonly resolve: ServiceResolver
  /** Of what nodes and pods use. */
  readonly collector: Collector
}

/** The resources, and who decides about them: each needs the other. */
export function createBack(
  options: KubeApiServerOptions,
  metrics: MetricsRegistry,
  self: () => ServiceAddress,
  kubelet: KubeletTls,
): Back {
  const { store, platform, resources, serviceCidr, transformerOf, clusterDomain = "cluster.local" } = options
  let rbac: RbacAuthorizer | undefined
  let authorizer: Authorizer | undefined
  let authority: TokenAuthority | undefined
  // Whichever part is made first makes them.
  const rbacOf = (reader: ObjectReader) => (rbac ??= createRbacAuthorizer(reader))
  const authorizerOf = (reader: ObjectReader) =>
    (authorizer ??= createUnionAuthorizer([mastersAuthorizer, ...decidersOf(reader)]))
  const decidersOf = (reader: ObjectReader): readonly Authorizer[] => {
    const builtIn = { node: createNodeAuthorizer(reader), rbac: rbacOf(reader) }
    return options.authorization === undefined
      ? [builtIn.node, builtIn.rbac]
      : [options.authorization.authorizers(builtIn)]
  }
  const authorityOf = (reader: ObjectReader) =>
    (authority ??= createTokenAuthority({
      signingKey: options.pki.serviceAccount.privateKey,
      issuer: `https://kubernetes.default.svc.${clusterDomain}`,
      lookup: createTokenLookup(reader),
      platform,
    }))
  let tokens: readonly TokenAuthenticator[] | undefined
  const tokensOf = (reader: ObjectReader) =>
    (tokens ??= [
      createLegacyTokenAuthenticator({
        signingKey: options.pki.serviceAccount.privateKey,
        reader,
        clock: platform.clock,
        noteUse: ({ metadata }, labels) => {
          const noted = ownClient()
            .of(Secret)
            .patch(metadata, { metadata: { uid: metadata.uid, labels } }, { type: "merge" })
          noted.catch((error: unknown) => platform.log.debug("the use of a token was not noted", { error }))
        },
      }),
      createBootstrapTokenAuthenticator(reader, platform.clock),
      ...(options.tokens ?? []),
    ])
  let resolve: ServiceResolver | undefined
  const toEndpoints = options.aggregateToEndpoints
  const resolverOf = (reader: ObjectReader) =>
    (resolve ??= createServiceResolver({ reader, random: platform.random, self, toEndpoints }))
  let webhooks: WebhookClient | undefined
  const webhooksOf = (reader: ObjectReader) =>
    (webhooks ??= createWebhookClient({ clock: platform.clock, resolve: resolverOf(reader) }))
  let collector: Collector | undefined
  const kubelets = { clock: platform.clock, tls: kubelet }
  const collectorOf = (reader: ObjectReader) =>
    (collector ??= createCollector({
      reader,
      platform,
      metrics,
      ask: options.askForUsage ?? ((at, signal) => askKubelet(at, signal, kubelets)),
    }))
  const admission = (reader: ObjectReader, _: unknown, kinds: ServedKinds): readonly AdmissionPlugin[] => [
    ...standardAdmission(reader, platform, () => authorizerOf(reader), {
      client: ownClient,
      findKind: kinds.findParams,
      settings: options.admission ?? {},
    }),
    noNewObjects,
    rbacEscalation(rbacOf(reader), () => authorizerOf(reader)),
    ...(options.moreAdmission ?? []),
    ...withoutDisabled(
      [
        ...dynamicAdmission({
          reader,
          kinds,
          platform,
          webhooks: webhooksOf(reader),
          authorizer: () => authorizerOf(reader),
          metrics,
        }),
        // Last: what others refuse is not charged.
        resourceQuota(reader, platform, ownClient),
      ],
      options.admission,
    ),
    ...alwaysDeny(options.admission),
  ]
  let client: Client | undefined
  const ownClient = () =>
    (client ??= createClient(createInProcessTransport(back.handle, SELF), { fieldManager: "kube-apiserver" }))
  const back = createResourceServer({
    store,
    platform,
    resources,
    admission,
    authorizer: () => authorizerOf(back.reader),
    behaviors: (reader) => [
      serviceBehavior(reader, { serviceCidrs: serviceCidr.split(","), nodePorts: NODE_PORTS_DEFAULT }, platform.random),
      definitionBehavior,
    ],
    virtual: (reader, chain) =>
      new Map([
        ...createReviews({
          authorizer: authorizerOf(reader),
          rbac: rbacOf(reader),
          authorizerTypes: () => options.authorization?.types() ?? ["Node", "RBAC"],
          authority: authorityOf(reader),
          tokens: tokensOf(reader),
          reader,
          admission: chain,
          clock: platform.clock,
        }),
        [
          "/v1/componentstatuses",
          // The store under the name that tools look for.
          createComponentStatuses([...(options.components ?? []), { ...storeCheck(store), name: "etcd-0" }]),
        ],
        ...createResourceMetrics({ reader, collector: collectorOf(reader), clock: platform.clock }),
      ]),
    ...(transformerOf && { transformerOf }),
  })
  const { reader } = back
  return {
    back,
    authorizer: authorizerOf(reader),
    authority: authorityOf(reader),
    tokens: tokensOf(reader),
    webhooks: webhooksOf(reader),
    resolve: resolverOf(reader),
    collector: collectorOf(reader),
  }
}
