/** The one place that imports the library by which the page is drawn. */
export { type ComponentChildren, Fragment, render } from 'preact'
export { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks'
