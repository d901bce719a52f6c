/** @module Version of this package; a test keeps it equal to package.json. */

/** The version that manifests and plans name. */
export const VERSION = '0.1.0';
