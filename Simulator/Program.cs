using Muster.Simulation;

var parsed = FleetCommand.Create(FleetRun.RunAsync).Parse(args);
foreach (var error in parsed.Errors)
{
    Console.Error.WriteLine($"simulator: {error.Message} (--help lists the options)");
}

return parsed.Errors.Count > 0 ? 2 : await parsed.InvokeAsync();
