-- An Application is as healthy as Argo CD found what it brings. Without a check for this kind Argo CD takes child
-- applications for healthy as soon as they exist, and no wave waits for the one before it.
local found = (obj.status or {}).health or {}
return {status = found.status or "Progressing", message = found.message}
