import { defineConfig } from "vitest/config";

// The same sources give the same files, byte for byte: they are kept in dist, for
// those who cannot build them.
export default defineConfig({
  base: "./",
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    // Nothing inside the page's text, which the server's policy would refuse.
    assetsInlineLimit: 0,
    rollupOptions: {
      output: {
        entryFileNames: "spiked.js",
        chunkFileNames: "[name].js",
        assetFileNames: "spiked[extname]",
      },
    },
  },
  // Patience that only what is broken needs.
  test: { include: ["src/**/*.test.ts"], testTimeout: 60_000 },
});
