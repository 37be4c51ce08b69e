using System.CommandLine;
using Muster.Simulation;
using Muster.Simulation.Load;

var command = args.Contains(LoadCommand.Switch) ? LoadCommand.Create(LoadProgram.RunAsync) : FleetCommand.Create(FleetRun.RunAsync);
var parsed = command.Parse(args);
foreach (var error in parsed.Errors)
{
    Console.Error.WriteLine($"simulator: {error.Message} (--help lists the options)");
}

// The library's two seconds after SIGTERM are too short for thousands of devices to disconnect.
return parsed.Errors.Count > 0 ? 2 : await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
