/**
 * What an instance's or a cluster's status means to a change of it:
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html#Overview.DBInstance.Status, and
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/accessing-monitoring.html#Aurora.Status for clusters.
 */

/** What was asked may not show yet: a read proves nothing. */
export const isChanging = (status: string): boolean =>
  /^(creating|modifying|renaming|moving-to-vpc|converting-to-vpc)$/.test(status);

/** Operational; in all others a change is refused with InvalidDBInstanceState or InvalidDBClusterStateFault. */
export const isModifiable = (status: string): boolean =>
  /^(available|storage-optimization|storage-initialization)$/.test(status);

/** RDS modifies none of these, and they don't end by themselves: USER_StopInstance, too. */
export const isStuck = (status: string): boolean =>
  /^(stopped|failed|restore-error|insufficient-capacity|deleting|delete-precheck|inaccessible-.*|incompatible-.*)$/.test(
    status,
  );
