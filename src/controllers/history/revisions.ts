import { ControllerRevision } from "../../api/apps/v1/controller-revision.ts"
import type { PodTemplateSpec } from "../../api/core/v1/pod-template-spec.ts"
import { inKeyOrder } from "../../machinery/json/key-order.ts"
import type { LabelSelector } from "../../machinery/meta/label-selector.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import { compileLabelSelector } from "../../machinery/selectors/label-selector.ts"
import { isAlreadyExists, isNotFound } from "../../machinery/status/predicates.ts"
import type { ControllerContext } from "../define-controller.ts"
import { templateHash } from "../deployment/revision.ts"
import { controllerReference } from "../pods/claim.ts"
import type { PodOwner } from "../pods/pod-control.ts"

/** The templates that a DaemonSet or StatefulSet had, kept as ControllerRevisions so that `kubectl rollout undo` finds them. */

export interface RevisionedOwner extends PodOwner {
  readonly spec: {
    readonly selector?: LabelSelector
    readonly template: PodTemplateSpec
    readonly revisionHistoryLimit?: number
  }
}

const HASH_LABEL = "controller-revision-hash"

/** What a revision holds: a patch that puts the template back. Clients compare it byte by byte with their own. */
export function revisionData(template: PodTemplateSpec): unknown {
  return inKeyOrder({ spec: { template: { ...template, $patch: "replace" } } })
}

export interface History {
  /** Of the current template, with the highest number. */
  readonly current: ControllerRevision
  readonly hash: string
  readonly old: readonly ControllerRevision[]
}

export const hashOf = ({ metadata }: ControllerRevision): string => metadata.labels?.[HASH_LABEL] ?? ""

/** Finds or makes the revision of the owner's template, and gives it the highest number. */
export async function currentRevision(context: ControllerContext, owner: RevisionedOwner): Promise<History> {
  const revisions = context.client.of(ControllerRevision)
  const all = revisionsOf(context, owner)
  const data = revisionData(owner.spec.template)
  const newest = Math.max(0, ...all.map(({ revision }) => revision))
  const same = all.find((candidate) => deepEqual(candidate.data, data))
  if (same !== undefined) {
    const current = same.revision === newest ? same : await revisions.update({ ...same, revision: newest + 1 })
    return { current, hash: hashOf(current), old: all.filter((one) => one !== same) }
  }
  for (let collisions = 0; ; collisions++) {
    const hash = templateHash(owner.spec.template, collisions)
    try {
      const current = await revisions.create({
        metadata: {
          name: `${owner.metadata.name}-${hash}`,
          namespace: owner.metadata.namespace,
          labels: { ...owner.spec.template.metadata.labels, [HASH_LABEL]: hash },
          ownerReferences: [controllerReference(owner)],
        },
        data,
        revision: newest + 1,
      })
      return { current, hash, old: all }
    } catch (error) {
      // Somebody else's revision, or another template with the same hash.
      if (!isAlreadyExists(error)) throw error
    }
  }
}

function revisionsOf(context: ControllerContext, owner: RevisionedOwner): readonly ControllerRevision[] {
  const selector = compileLabelSelector(owner.spec.selector)
  return context
    .informer(ControllerRevision)
    .list(owner.metadata.namespace)
    .filter(({ metadata }) =>
      metadata.ownerReferences?.some(({ controller, uid }) => controller && uid === owner.metadata.uid),
    )
    .filter(({ metadata }) => selector.matches(metadata.labels))
    .toSorted((a, b) => a.revision - b.revision)
}

const HISTORY_DEFAULT = 10

/** Deletes the oldest revisions beyond the limit that no pod is of. */
export async function truncateHistory(
  { client }: ControllerContext,
  owner: RevisionedOwner,
  { old }: History,
  inUse: ReadonlySet<string>,
): Promise<void> {
  const unused = old.filter((revision) => !inUse.has(hashOf(revision)))
  const excess = Math.max(0, unused.length - (owner.spec.revisionHistoryLimit ?? HISTORY_DEFAULT))
  for (const { metadata } of unused.slice(0, excess)) {
    await client
      .of(ControllerRevision)
      .delete(metadata)
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
  }
}
