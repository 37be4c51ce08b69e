namespace Muster.Updates;

/// <summary>When a device may install: in one of the plan's windows by its own clock, and in none of its blackouts. Pure.</summary>
internal static class InstallWindows
{
    internal static WindowLook Look(DevicePlan plan, DeviceFacts facts, DateTimeOffset now)
    {
        var blackout = plan.Blackouts.Where(blackout => blackout.From <= now && now < blackout.Until).Select(blackout => (DateTimeOffset?)blackout.Until).Max();
        if (blackout is not null)
        {
            return new WindowLook(false, blackout);
        }

        var next = plan.Blackouts.Where(blackout => blackout.From > now).Select(blackout => (DateTimeOffset?)blackout.From).Min();
        return new WindowLook(true, next);
    }
}
