import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * Some CommonJS packages of the web server require() packages that are ES modules only. Node 20 can do that, Jest only
 * from Node 24.9 on: for those few files this makes CommonJS of them. Whoever imports them gets them unchanged.
 */
export default {
  process(source, path, { supportsStaticESM }) {
    if (supportsStaticESM) return { code: source };
    // Loaded only here, which takes half a second: Jest keeps what it made of a file.
    const ts = require('typescript');
    const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
    return { code: ts.transpileModule(source, { fileName: path, compilerOptions }).outputText };
  },
};
