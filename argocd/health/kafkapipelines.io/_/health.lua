-- LogPipeline, KafkaNodePool and Consumer: what the operator says in their conditions, docs/conditions.md.
-- Degraded fails the sync that waits for it, so it is kept for what a person must fix. Progressing just waits.
local conditions = {}
for _, condition in ipairs((obj.status or {}).conditions or {}) do
  conditions[condition.type] = condition
end

local function is_current(condition)
  return condition ~= nil and (condition.observedGeneration or 0) >= (obj.metadata.generation or 0)
end

local function holds(condition)
  return is_current(condition) and condition.status == "True"
end

local function health(status, condition)
  return {status = status, message = condition.reason .. ": " .. condition.message}
end

local ready = conditions.Ready
if not is_current(ready) then
  return {status = "Progressing", message = "The operator has not looked at the newest spec yet"}
elseif holds(conditions.Stalled) then
  return health("Degraded", conditions.Stalled)
elseif holds(conditions.Suspended) then
  return health("Suspended", conditions.Suspended)
elseif holds(ready) and holds(conditions.Warning) then
  return health("Healthy", conditions.Warning)
elseif holds(ready) then
  return health("Healthy", ready)
elseif ready.reason == "ScaledToZero" then
  return health("Suspended", ready)
end
return health("Progressing", ready)
