import type { Draft } from "../../../machinery/schema/schema.ts"
import type { PersistentVolumeClaimSpec } from "./persistent-volume-claim-spec.ts"

interface ClaimDraft {
  spec: Draft<PersistentVolumeClaimSpec>
}

export function prepareClaim({ spec }: ClaimDraft): void {
  dropForeignReference(spec, undefined)
  prepareSources(spec, undefined)
}

export function prepareClaimUpdate(
  { spec }: ClaimDraft,
  { spec: old }: { readonly spec: PersistentVolumeClaimSpec },
): void {
  dropForeignReference(spec, old)
  prepareSources(spec, old)
}

/** Sources in other namespaces are not on by default in Kubernetes. */
function dropForeignReference(
  spec: Draft<PersistentVolumeClaimSpec>,
  old: PersistentVolumeClaimSpec | undefined,
): void {
  if (spec.dataSourceRef?.namespace && old?.dataSourceRef === undefined) delete spec.dataSourceRef
}

/** The old field takes only what it took before the new one came, and both say the same. */
function prepareSources(spec: Draft<PersistentVolumeClaimSpec>, old: PersistentVolumeClaimSpec | undefined): void {
  const hadSource = old?.dataSource !== undefined || old?.dataSourceRef !== undefined
  if (!hadSource && spec.dataSourceRef === undefined && !isClaimOrSnapshot(spec.dataSource)) delete spec.dataSource
  const { dataSource, dataSourceRef } = spec
  if (dataSource !== undefined && dataSourceRef === undefined) spec.dataSourceRef = { ...dataSource }
  if (dataSource === undefined && dataSourceRef !== undefined && !dataSourceRef.namespace) {
    const { namespace: _empty, ...local } = dataSourceRef
    spec.dataSource = local
  }
}

function isClaimOrSnapshot(source: PersistentVolumeClaimSpec["dataSource"]): boolean {
  if (source === undefined) return false
  const { apiGroup = "", kind } = source
  if (kind === "PersistentVolumeClaim") return apiGroup === ""
  return kind === "VolumeSnapshot" && apiGroup === "snapshot.storage.k8s.io"
}
