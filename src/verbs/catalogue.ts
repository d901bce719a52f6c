/**
 * @module
 * Loads every code of the core, so that all of them can be listed and explained. Importing it is its whole effect.
 */
import '../adapters/codes.ts';
import '../bytes/codes.ts';
import '../containers/codes.ts';
import '../containers/notes.ts';
import '../containers/safetensors/codes.ts';
import '../containers/zip/codes.ts';
import '../engine/codes.ts';
import '../engine/compute/codes.ts';
import '../plans/codes.ts';
import './codes.ts';
