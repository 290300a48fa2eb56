return await Nauha.Central.Commands.CentralCommands.Create().Parse(args).InvokeAsync();
